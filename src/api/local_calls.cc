#include "src/api/local_calls.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/lease/request.h"
#include "src/api/kv_reads.h"
#include "src/api/kv_validation.h"
#include "src/api/must_decode.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

struct Executed {
  mvcc::Answer answer;
  uint64_t term = 0;
};
using ExecutedDone = std::function<void(absl::StatusOr<Executed>)>;

class PostAnswer : public replica::BatchCompletion {
 public:
  PostAnswer(rpc::Server* server, int loop_index, ExecutedDone done)
      : server_(server), loop_index_(loop_index), done_(std::move(done)) {}
  void Complete(size_t, absl::StatusOr<mvcc::Answer> answer, uint64_t term) override {
    auto executed = std::make_shared<absl::StatusOr<Executed>>(Executed{{}, term});
    if (answer.ok()) {
      (*executed)->answer = *std::move(answer);
    } else {
      *executed = answer.status();
    }
    server_->Post(loop_index_, [done = std::move(done_), executed] { done(std::move(*executed)); });
  }

 private:
  rpc::Server* const server_;
  const int loop_index_;
  ExecutedDone done_;
};

// `added_bytes`: what the quota is asked for, before anything else.
void Propose(ServiceContext* context, int loop_index, replica::CommandType type, const std::string& request,
             uint64_t added_bytes, absl::Status check, ExecutedDone done) {
  if (check.ok() && !context->loop(loop_index).proposer.Fits(request.size())) check = base::errors::RequestTooLarge();
  auto completion = std::make_unique<PostAnswer>(context->server, loop_index, std::move(done));
  if (!context->quota.Admits(added_bytes)) {
    return context->quota.Refuse(
        [completion = std::move(completion)](absl::Status status) { completion->Complete(0, std::move(status), 0); });
  }
  if (!check.ok()) return completion->Complete(0, std::move(check), 0);
  replica::ProposalBatch batch;
  batch.commands.Add(type, request);
  batch.completion = std::move(completion);
  context->replica->Propose(std::move(batch));
}

template <typename Response>
absl::StatusOr<Response> Parse(const ServiceContext& context, const mvcc::Answer& answer, uint64_t term) {
  std::string bytes;
  answer.body.ForEach([&bytes](std::string_view run) { bytes += run; });
  Response response;
  QUORATE_CHECK(response.ParseFromString(bytes)) << "an answer of the store's is malformed";
  *response.mutable_header() = HeaderAt(context, answer.revision);
  response.mutable_header()->set_raft_term(term);
  return response;
}

template <typename Response>
ExecutedDone ParseThen(const ServiceContext* context, LocalDone<Response> done) {
  return [context, done = std::move(done)](absl::StatusOr<Executed> executed) {
    if (!executed.ok()) return done(std::move(executed).status());
    done(Parse<Response>(*context, executed->answer, executed->term));
  };
}

absl::StatusOr<mvcc::Answer> ReadRange(const ServiceContext& context, const std::string& request,
                                       const absl::Status& confirmed, const std::weak_ptr<const void>& caller) {
  QUORATE_RETURN_IF_ERROR(confirmed);
  const auto may_go_on = [&] {
    return caller.expired() || context.stopped.load(std::memory_order_relaxed) ? base::errors::Stopped()
                                                                               : absl::OkStatus();
  };
  return context.replica->store().View().Range(MustDecode<mvcc::RangeRequest>(request), may_go_on);
}

}  // namespace

void LocalGrant(ServiceContext* context, int loop_index, int64_t ttl_seconds, LocalDone<int64_t> done) {
  lease::GrantRequest request;
  request.id = context->lease_ids->Next();
  request.ttl = std::max(ttl_seconds, context->replica->lessor().ttl_min_seconds());
  Propose(context, loop_index, replica::CommandType::kLeaseGrant, lease::Encode(request), kLeaseBytes, absl::OkStatus(),
          [id = request.id, done = std::move(done)](absl::StatusOr<Executed> executed) {
            done(executed.ok() ? absl::StatusOr<int64_t>(id) : executed.status());
          });
}

void LocalTxn(ServiceContext* context, int loop_index, const etcdserverpb::TxnRequest& request,
              LocalDone<etcdserverpb::TxnResponse> done) {
  const std::string bytes = request.SerializeAsString();
  const auto txn = MustDecode<mvcc::TxnRequest>(bytes);
  Propose(context, loop_index, replica::CommandType::kTxn, bytes, AddedBytes(txn),
          CheckTxn(txn, context->options.max_txn_ops), ParseThen(context, std::move(done)));
}

void LocalDelete(ServiceContext* context, int loop_index, const std::string& key,
                 LocalDone<etcdserverpb::DeleteRangeResponse> done) {
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(key);
  const std::string bytes = request.SerializeAsString();
  Propose(context, loop_index, replica::CommandType::kDeleteRange, bytes, /*added_bytes=*/0,
          CheckDeleteRange(MustDecode<mvcc::DeleteRangeRequest>(bytes)), ParseThen(context, std::move(done)));
}

void LocalRange(ServiceContext* context, int loop_index, const etcdserverpb::RangeRequest& request, LocalCaller caller,
                LocalDone<etcdserverpb::RangeResponse> done) {
  LocalRead(context, loop_index, request, std::move(caller),
            [context, done = std::move(done)](absl::StatusOr<mvcc::Answer> answer) {
              if (!answer.ok()) return done(std::move(answer).status());
              done(Parse<etcdserverpb::RangeResponse>(*context, *answer, context->replica->term()));
            });
}

void LocalRead(ServiceContext* context, int loop_index, const etcdserverpb::RangeRequest& request, LocalCaller caller,
               LocalDone<mvcc::Answer> done) {
  auto serve = [context, loop_index, bytes = request.SerializeAsString(), caller = std::move(caller.object),
                done = std::move(done)](absl::Status status) {
    if (caller.expired()) return;
    absl::StatusOr<mvcc::Answer> answer = ReadRange(*context, bytes, status, caller);
    context->server->Post(loop_index, [caller, done, answer = std::move(answer)] {
      if (const auto alive = caller.lock()) done(answer);
    });
  };
  LoopReads& reads = context->loop(loop_index).reads;
  const std::string bytes = request.SerializeAsString();
  const auto range = MustDecode<mvcc::RangeRequest>(bytes);
  if (reads.CanReadNow() && reads.View().RangeCost(range) <= kInlineKeysMax && !reads.View().WaitsForDisk(range)) {
    return serve(absl::OkStatus());
  }
  context->ConfirmThenRun(true, std::move(serve), bytes.size(), caller.connection);
}

}  // namespace quorate::api
