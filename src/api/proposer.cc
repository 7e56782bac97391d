#include "src/api/proposer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "src/api/service_context.h"

namespace quorate::api {
namespace {

RequestType TypeOf(replica::CommandType command) {
  switch (command) {
    case replica::CommandType::kPut:
      return RequestType::kPut;
    case replica::CommandType::kDeleteRange:
      return RequestType::kDeleteRange;
    case replica::CommandType::kTxn:
      return RequestType::kTxn;
    case replica::CommandType::kAlarm:
      return RequestType::kAlarm;
    case replica::CommandType::kLeaseGrant:
      return RequestType::kLeaseGrant;
    case replica::CommandType::kLeaseRevoke:
      return RequestType::kLeaseRevoke;
    case replica::CommandType::kCompact:
      return RequestType::kCompaction;
    case replica::CommandType::kMemberAttributes:
    case replica::CommandType::kDowngrade:
      break;
  }
  QUORATE_CHECK(false) << "command " << static_cast<int>(command) << " is no client's request";
}

// etcd compares --max-request-bytes with the request inside its own log record: a header with a request id (whose high
// 16 bits are the member's) under field 100, and the request under a field below 16.
size_t RecordBytes(size_t request_bytes, uint64_t member_id) {
  constexpr size_t kHeaderTagAndLengthBytes = 3;
  constexpr size_t kTagBytes = 1;
  const uint64_t request_id = member_id << 48 | 0xffffffffffff;
  return kHeaderTagAndLengthBytes + kTagBytes + base::wire::VarintSize(request_id) + kTagBytes +
         base::wire::VarintSize(request_bytes) + request_bytes;
}

// Adds to what is pending; false when that is too much beside what is there already. Alone it never is.
bool TakeOf(std::atomic<uint64_t>& pending, uint64_t amount, uint64_t most) {
  if (amount == 0) return true;
  const uint64_t before = pending.fetch_add(amount);
  if (before == 0 || before + amount <= most) return true;
  pending.fetch_sub(amount);
  return false;
}

}  // namespace

// The calls of one batch, in the order of their commands.
class Proposer::Answers : public replica::BatchCompletion {
 public:
  explicit Answers(ServiceContext* context) : context_(context), start_(std::chrono::steady_clock::now()) {}

  ~Answers() override {
    const auto duration = std::chrono::steady_clock::now() - start_;
    for (size_t type = 0; type < kRequestTypes; ++type) {
      for (const bool success : {false, true}) {
        const uint64_t times = done_[type][success];
        if (times > 0) context_->statistics.Observe(static_cast<RequestType>(type), success, duration, times);
      }
    }
  }

  void Add(RequestType type, rpc::UnaryCall call, const ProposalTraits& traits) {
    calls_.push_back({std::move(call), type, traits});
  }

  void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t term) override {
    QUORATE_CHECK(index < calls_.size()) << "answer to proposal " << index << " of " << calls_.size();
    Waiting& waiting = calls_[index];
    ++done_[static_cast<size_t>(waiting.type)][answer.ok()];
    if (waiting.traits.kept_bytes > 0) context_->kept_bytes_pending.fetch_sub(waiting.traits.kept_bytes);
    if (waiting.traits.cost > 0) context_->cost_pending.fetch_sub(waiting.traits.cost);
    // Made here, because it belongs to the thread that answers.
    if (!replies_.has_value()) replies_.emplace();
    if (!answer.ok()) {
      replies_->Add(std::move(waiting.call), std::move(answer).status(), {});
    } else if (waiting.traits.garbage_until > 0) {
      AnswerWhenCompacted(waiting.traits.garbage_until, std::move(waiting.call), std::move(answer->body), term);
    } else {
      replies_->Add(std::move(waiting.call), absl::OkStatus(),
                    context_->header.Prepend(answer->revision, term, std::move(answer->body)));
    }
  }

 private:
  struct Waiting {
    rpc::UnaryCall call;
    RequestType type;
    ProposalTraits traits;
  };

  void AnswerWhenCompacted(int64_t revision, rpc::UnaryCall call, base::Payload rest, uint64_t term) {
    auto waiting = std::make_shared<rpc::UnaryCall>(std::move(call));
    auto body = std::make_shared<base::Payload>(std::move(rest));
    mvcc::Store& store = context_->replica->store();
    // Asks nothing of the services: they may be gone while the store still clears.
    store.WhenCompacted(revision, [header = context_->header, store = &store, waiting, body, term] {
      std::move(*waiting).Reply(header.Prepend(store->revision(), term, std::move(*body)));
    });
  }

  ServiceContext* context_;
  std::chrono::steady_clock::time_point start_;
  std::vector<Waiting> calls_;
  uint64_t done_[kRequestTypes][2] = {};
  std::optional<rpc::ReplyBatch> replies_;  // flushes when this object goes
};

Proposer::Proposer(ServiceContext* context) : context_(context) {}
Proposer::~Proposer() = default;

bool Proposer::Fits(size_t request_bytes) const {
  return RecordBytes(request_bytes, context_->header.member_id()) <= context_->options.max_request_bytes;
}

bool Proposer::IsFair(const rpc::CallContext& call) const {
  const replica::Replica::Room room = context_->replica->room();
  // The last tenth is for those who ask for less than the others.
  const size_t shared = room.proposals_max / 10 * 9;
  const bool crowded =
      room.proposals + commands_.count() >= shared || room.bytes + commands_.bytes() >= room.bytes_max / 10 * 9;
  const int64_t share = std::max<int64_t>(static_cast<int64_t>(shared) / call.busy_connections, 1);
  return !crowded || call.connection_calls <= share;
}

// What is kept takes memory only when it is executed, so it keeps nobody else from being let in, but what was let in is
// written whatever the quota says by then.
bool Proposer::Reserve(const ProposalTraits& traits) {
  if (!TakeOf(context_->kept_bytes_pending, traits.kept_bytes, kKeptBytesPendingMax)) return false;
  if (TakeOf(context_->cost_pending, traits.cost, kCostPendingMax)) return true;
  context_->kept_bytes_pending.fetch_sub(traits.kept_bytes);
  return false;
}

void Proposer::Add(const rpc::CallContext& context, replica::CommandType type, std::string_view request,
                   rpc::UnaryCall call, const ProposalTraits& traits) {
  if (!IsFair(context)) return std::move(call).Fail(base::errors::TooManyRequests());
  if (!Fits(request.size())) return std::move(call).Fail(base::errors::RequestTooLarge());
  if (!Reserve(traits)) return std::move(call).Fail(base::errors::TooManyRequests());
  if (answers_ == nullptr) answers_ = std::make_unique<Answers>(context_);
  commands_.Add(type, request, traits.kept_bytes);
  are_short_ &= traits.is_short;
  answers_->Add(TypeOf(type), std::move(call), traits);
  if (commands_.weight() >= kBatchBytesMax) context_->replica->Propose(TakeBatch());
}

void Proposer::OnTickEnd(int loop_index) {
  if (answers_ == nullptr) return;
  if (!context_->server->CanLend(loop_index)) return context_->replica->Propose(TakeBatch());
  const auto lend = [&](absl::FunctionRef<void()> work) { context_->server->Lend(loop_index, work); };
  context_->replica->Propose(TakeBatch(), lend);
}

replica::ProposalBatch Proposer::TakeBatch() {
  replica::ProposalBatch batch;
  batch.commands = std::exchange(commands_, {});
  batch.are_short = std::exchange(are_short_, true);
  batch.completion = std::move(answers_);
  return batch;
}

}  // namespace quorate::api
