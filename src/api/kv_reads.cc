#include "src/api/kv_reads.h"

#include <string>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/mvcc/store.h"
#include "src/api/kv_validation.h"
#include "src/api/must_decode.h"
#include "src/api/patience.h"

namespace quorate::api {
namespace {

using std::chrono::steady_clock;

uint64_t CostOf(const mvcc::ReadView& view, const mvcc::RangeRequest& request) { return view.RangeCost(request); }
uint64_t CostOf(const mvcc::ReadView& view, const mvcc::TxnRequest& request) {
  return view.TxnCost(request, kInlineKeysMax);
}

using mvcc::MayGoOn;

absl::StatusOr<mvcc::Answer> Execute(const mvcc::ReadView& view, const mvcc::RangeRequest& request,
                                     const MayGoOn& may_go_on) {
  return view.Range(request, may_go_on);
}
absl::StatusOr<mvcc::Answer> Execute(const mvcc::ReadView& view, const mvcc::TxnRequest& request,
                                     const MayGoOn& may_go_on) {
  return view.Txn(request, may_go_on);
}

constexpr RequestType TypeOf(const mvcc::RangeRequest&) { return RequestType::kRange; }
constexpr RequestType TypeOf(const mvcc::TxnRequest&) { return RequestType::kReadonlyTxn; }

void BeginToWait(ReadCall& call) {
  if (!call.waiting_since.has_value()) call.waiting_since = steady_clock::now();
}

template <typename Request>
void Answer(ServiceContext& context, const mvcc::ReadView& view, const Request& request, ReadCall call,
            const MayGoOn& may_go_on = {}) {
  const auto start = steady_clock::now();
  absl::StatusOr<mvcc::Answer> answer = Execute(view, request, may_go_on);
  const auto end = steady_clock::now();
  context.statistics.Observe(TypeOf(request), answer.ok(), end - call.waiting_since.value_or(start));
  if (TypeOf(request) == RequestType::kRange) context.statistics.ranges[answer.ok()].Observe(end - start);
  if (!answer.ok()) return std::move(call.call).Fail(std::move(answer).status());
  std::move(call.call).ReplyIfRoom(
      context.header.Prepend(answer->revision, context.replica->term(), std::move(answer->body)));
}

bool IsAhead(const rpc::UnaryCall::Moment& moment) {
  return steady_clock::now() < moment.load(std::memory_order_relaxed);
}

template <typename Request>
void AnswerOnPool(ServiceContext& context, ReaderPool& pool, std::string_view message, ReadCall call) {
  const auto has_no_room_until = call.call.HasNoRoomUntil();
  if (IsAhead(*has_no_room_until)) return std::move(call.call).Fail(base::errors::TooManyRequests());
  BeginToWait(call);
  const size_t bytes = message.size();
  const uint64_t connection = call.call.connection();
  Patience patience(call.call, call.deadline);
  pool.SubmitRead(
      [&context, message = std::string(message), patience, has_no_room_until,
       call = std::move(call)](absl::Status status) mutable {
        const MayGoOn may_go_on = [&context, patience] {
          return patience.Check(context.stopped.load(std::memory_order_relaxed) ? base::errors::Stopped()
                                                                                : absl::OkStatus());
        };
        // By now those that were taken on before it may be too much.
        if (status.ok() && IsAhead(*has_no_room_until)) status = base::errors::TooManyRequests();
        status = patience.Check(std::move(status));
        if (!status.ok()) return std::move(call.call).Fail(std::move(status));
        const auto request = MustDecode<Request>(message);
        Answer(context, context.replica->store().View(), request, std::move(call), may_go_on);
      },
      bytes, connection);
}

// Where so many wait for the disk already that one more is refused, who asks for little does not hear of it: a few such
// reads are done on the loop.
bool MayWaitHere(ServiceContext& context, size_t request_bytes, const ReadCall& call) {
  constexpr int64_t kCallsOfTheModest = 2;
  if (call.connection_calls > kCallsOfTheModest) return false;
  if (context.disk_readers.HasRoom(request_bytes, call.call.connection())) return false;
  return context.loop(call.call.loop_index()).reads.TakeWait();
}

template <typename Request>
void Serve(ServiceContext& context, const Request& request, std::string_view message, ReadCall call) {
  const mvcc::ReadView& view = context.loop(call.call.loop_index()).reads.View();
  if (CostOf(view, request) > kInlineKeysMax) {
    return AnswerOnPool<Request>(context, context.readers, message, std::move(call));
  }
  if (view.WaitsForDisk(request) && !MayWaitHere(context, message.size(), call)) {
    return AnswerOnPool<Request>(context, context.disk_readers, message, std::move(call));
  }
  Answer(context, view, request, std::move(call));
}

template <typename Request>
void Read(ServiceContext& context, bool serializable, const Request& request, std::string_view message, ReadCall call) {
  LoopReads& reads = context.loop(call.call.loop_index()).reads;
  if (serializable || reads.CanReadNow()) return Serve(context, request, message, std::move(call));
  BeginToWait(call);
  reads.AfterConfirmation(
      [&context, message = std::string(message), call = std::move(call)](absl::Status status) mutable {
        if (!status.ok()) return std::move(call.call).Fail(std::move(status));
        Serve(context, MustDecode<Request>(message), message, std::move(call));
      });
}

}  // namespace

void ReadRange(ServiceContext& context, const mvcc::RangeRequest& request, std::string_view message, ReadCall call) {
  Read(context, request.serializable, request, message, std::move(call));
}

void ReadTxn(ServiceContext& context, const mvcc::TxnRequest& request, std::string_view message, ReadCall call) {
  Read(context, IsSerializable(request), request, message, std::move(call));
}

}  // namespace quorate::api
