#include "src/api/space_quota.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "src/api/service_context.h"

namespace quorate::api {
namespace {

// What a key takes beside its bytes.
constexpr uint64_t kKeyBytes = 256;

uint64_t AddedByAll(const std::vector<mvcc::RequestOp>& ops) {
  uint64_t bytes = 0;
  for (const mvcc::RequestOp& op : ops) {
    if (const auto* put = std::get_if<mvcc::PutRequest>(&op.request)) bytes += AddedBytes(*put);
    if (const auto* txn = std::get_if<mvcc::TxnRequest>(&op.request)) bytes += AddedBytes(*txn);
  }
  return bytes;
}

}  // namespace

uint64_t AddedBytes(const mvcc::PutRequest& put) { return kKeyBytes + put.key.size() + put.value.size(); }

uint64_t AddedBytes(const mvcc::TxnRequest& txn) { return std::max(AddedByAll(txn.success), AddedByAll(txn.failure)); }

// Answers those who wait, whatever became of the alarm: it is raised, or cannot be, and they are refused all the same.
class SpaceQuota::Raised : public replica::BatchCompletion {
 public:
  explicit Raised(SpaceQuota* quota) : quota_(quota) {}

  void Complete(size_t, absl::StatusOr<mvcc::Answer> answer, uint64_t) override {
    if (!answer.ok()) QUORATE_LOG(kWarn, "could not raise the alarm NOSPACE", {{"error", answer.status()}});
    std::vector<Refused> waiting;
    {
      base::MutexLock lock(&quota_->mutex_);
      waiting.swap(quota_->waiting_);
    }
    for (Refused& refused : waiting) refused(base::errors::NoSpace());
  }

 private:
  SpaceQuota* const quota_;
};

SpaceQuota::SpaceQuota(ServiceContext* context, int64_t bytes)
    : context_(context), bytes_(bytes == 0 ? kDefaultBytes : bytes), is_default_(bytes == 0) {}

uint64_t SpaceQuota::used_bytes() const {
  replica::Replica& replica = *context_->replica;
  return replica.store().logical_bytes() + kLeaseBytes * replica.leases().count();
}

bool SpaceQuota::Admits(uint64_t added_bytes) const {
  if (added_bytes == 0 || bytes_ < 0) return true;
  return used_bytes() + added_bytes < static_cast<uint64_t>(bytes_);
}

void SpaceQuota::Refuse(rpc::UnaryCall call) {
  Refuse([call = std::move(call)](absl::Status status) mutable { std::move(call).Fail(std::move(status)); });
}

void SpaceQuota::Refuse(Refused refused) {
  if (IsRaised()) return refused(base::errors::NoSpace());
  {
    base::MutexLock lock(&mutex_);
    waiting_.push_back(std::move(refused));
    if (waiting_.size() > 1) return;
  }
  RaiseAlarm();
}

bool SpaceQuota::IsRaised() const {
  const std::vector<replica::Alarm> raised = context_->replica->alarms();
  const replica::Alarm mine{replica::AlarmType::kNoSpace, context_->replica->member_id()};
  return std::find(raised.begin(), raised.end(), mine) != raised.end();
}

void SpaceQuota::RaiseAlarm() {
  QUORATE_LOG(kWarn, "the space quota is used up; raising alarm",
              {{"quota-size-bytes", bytes_}, {"used-bytes", used_bytes()}});
  etcdserverpb::AlarmRequest request;
  request.set_action(etcdserverpb::AlarmRequest::ACTIVATE);
  request.set_memberid(context_->replica->member_id());
  request.set_alarm(etcdserverpb::NOSPACE);
  replica::ProposalBatch batch;
  batch.commands.Add(replica::CommandType::kAlarm, request.SerializeAsString());
  batch.completion = std::make_unique<Raised>(this);
  context_->replica->Propose(std::move(batch));
}

void SpaceQuota::LogStart() const {
  std::string_view text = "enabled backend quota";
  if (bytes_ < 0) text = "disabled backend quota";
  if (is_default_) text = "enabled backend quota with default value";
  QUORATE_LOG(kInfo, text, {{"quota-size-bytes", bytes_}});
}

}  // namespace quorate::api
