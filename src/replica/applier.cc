#include "src/replica/applier.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "src/replica/applied_position.h"
#include "src/replica/bounds.h"
#include "src/replica/member_attributes.h"

namespace quorate::replica {

namespace {

// What the store's files hold could not be had: they are damaged (the API's own error of that code is an outcome like
// others), or could not be read for too long.
bool IsNoOutcome(const absl::Status& status) {
  return absl::IsUnavailable(status) || (absl::IsDataLoss(status) && status != base::errors::CorruptCluster());
}

}  // namespace

Applier::Applier(ApplierOptions options)
    : options_(std::move(options)),
      self_(options_.cluster.self),
      alarms_(options_.alarms),
      applied_(options_.applied),
      cluster_(options_.cluster) {}

absl::Status Applier::Apply(std::vector<raft::Entry> entries) {
  const std::chrono::nanoseconds begun = options_.clock->Monotonic();
  const size_t count = entries.size();
  entries_ = std::move(entries);
  next_ = 0;
  QUORATE_RETURN_IF_ERROR(Continue());
  const std::chrono::nanoseconds took = options_.clock->Monotonic() - begun;
  if (took > kSlowApply) {
    slow_applies_.fetch_add(1, std::memory_order_relaxed);
    QUORATE_LOG(kWarn, "apply request took too long",
                {{"took-ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()},
                 {"entries", count},
                 {"applied-index", applied_}});
  }
  return absl::OkStatus();
}

absl::Status Applier::Continue() {
  absl::Status executed = ExecuteRest();
  if (!executed.ok()) FailUndelivered(OutcomeUnknown(executed));
  return executed;
}

absl::Status Applier::ExecuteRest() {
  // One that could not be written when it was committed.
  QUORATE_RETURN_IF_ERROR(options_.store->WriteCommitted());
  if (batch_ended_) QUORATE_RETURN_IF_ERROR(Commit());
  while (next_ < entries_.size()) {
    // Between two batches, so that nothing is left half done.
    if (uncommitted_commands_ == 0 && abandoned_.load(std::memory_order_relaxed)) {
      return absl::CancelledError("stopped");
    }
    const raft::Entry& entry = entries_[next_++];
    QUORATE_CHECK(entry.index == applied_ + 1) << "executed " << applied_ << ", then got " << entry.index;
    applied_ = entry.index;
    QUORATE_RETURN_IF_ERROR(Execute(entry));
    const bool full = uncommitted_commands_ >= kCommitCommandsMax ||
                      options_.store->batch().bytes() >= kCommitBytesMax || undelivered_bytes_ >= kCommitAnswerBytesMax;
    if (!full && next_ < entries_.size()) continue;
    EndBatch(entry);
    QUORATE_RETURN_IF_ERROR(Commit());
  }
  entries_.clear();
  return absl::OkStatus();
}

absl::Status Applier::Execute(const raft::Entry& entry) {
  if (entry.type != raft::EntryType::kNormal || entry.data.size() == 0) return absl::OkStatus();
  GroupReader reader(entry.data.view());
  QUORATE_CHECK(reader.ok()) << "entry " << entry.index << " is not of a form this version reads";
  std::chrono::nanoseconds begun = options_.clock->Monotonic();
  WaitingGroup waiting;
  if (reader.head().proposer == self_) waiting = options_.pending->Take(reader.head().group, begun);
  Answers answers{std::move(waiting), {}, entry.term};
  bool wanted = !answers.waiting.empty();
  if (wanted) answers.answers.reserve(reader.head().commands);
  options_.store->RenewMemoryBudget();
  while (reader.Next()) {
    absl::StatusOr<mvcc::Answer> answer = ExecuteCommand(reader.type(), reader.request());
    // Every member must come to the same outcome, and this one cannot.
    if (!answer.ok() && IsNoOutcome(answer.status())) {
      FailGroup(std::move(answers.waiting), OutcomeUnknown(answer.status()), entry.term);
      return answer.status();
    }
    const std::chrono::nanoseconds ended = options_.clock->Monotonic();
    ExecutionStatistics::Outcomes& outcomes = statistics_.commands[static_cast<size_t>(reader.type())];
    (answer.ok() ? outcomes.succeeded : outcomes.failed).Observe(ended - std::exchange(begun, ended));
    ++uncommitted_commands_;
    if (!wanted) continue;
    if (answer.ok()) undelivered_bytes_ += answer->body.size();
    answers.answers.push_back(std::move(answer));
  }
  QUORATE_CHECK(reader.ok()) << "entry " << entry.index << " is damaged";
  if (wanted) undelivered_.push_back(std::move(answers));
  return absl::OkStatus();
}

namespace {

template <typename Request>
Request DecodeOrDie(std::string_view bytes) {
  Request request;
  // The proposer decoded it before proposing.
  QUORATE_CHECK(Decode(bytes, &request)) << "a committed command does not decode";
  return request;
}

}  // namespace

absl::StatusOr<mvcc::Answer> Applier::ExecuteCommand(CommandType type, std::string_view request) {
  QUORATE_RETURN_IF_ERROR(alarms_.Refusal(type));
  mvcc::Store& store = *options_.store;
  switch (type) {
    case CommandType::kPut:
      return store.Put(DecodeOrDie<mvcc::PutRequest>(request));
    case CommandType::kDeleteRange:
      return store.DeleteRange(DecodeOrDie<mvcc::DeleteRangeRequest>(request));
    case CommandType::kTxn:
      return ExecuteTxn(request);
    case CommandType::kCompact:
      return store.Compact(DecodeOrDie<mvcc::CompactionRequest>(request).revision);
    case CommandType::kMemberAttributes:
      return ExecuteMemberAttributes(request);
    case CommandType::kLeaseGrant:
      return options_.leases->Grant(DecodeOrDie<lease::GrantRequest>(request), store);
    case CommandType::kLeaseRevoke:
      return options_.leases->Revoke(DecodeOrDie<lease::RevokeRequest>(request), store);
    case CommandType::kAlarm:
      return ExecuteAlarm(request);
    case CommandType::kDowngrade:
      return ExecuteDowngrade(request);
  }
  QUORATE_CHECK(false) << "command type " << static_cast<int>(type) << " was written by a newer version";
  return absl::InternalError("unreachable");
}

absl::StatusOr<mvcc::Answer> Applier::ExecuteTxn(std::string_view request) {
  const auto txn = DecodeOrDie<mvcc::TxnRequest>(request);
  QUORATE_RETURN_IF_ERROR(alarms_.Refusal(txn));
  return options_.store->Txn(txn);
}

absl::StatusOr<mvcc::Answer> Applier::ExecuteAlarm(std::string_view request) {
  QUORATE_ASSIGN_OR_RETURN(std::string response, alarms_.Execute(request, options_.store->batch()));
  return mvcc::Answer{base::Payload(std::move(response)), options_.store->writer_revision()};
}

absl::StatusOr<mvcc::Answer> Applier::ExecuteDowngrade(std::string_view target) {
  base::MutexLock lock(&cluster_mutex_);
  cluster_.downgrade_target = target;
  cluster_changed_ = true;
  return mvcc::Answer{{}, options_.store->writer_revision()};
}

absl::StatusOr<mvcc::Answer> Applier::ExecuteMemberAttributes(std::string_view request) {
  membership::Member attributes;
  QUORATE_CHECK(DecodeMemberAttributes(request, &attributes)) << "a committed command does not decode";
  base::MutexLock lock(&cluster_mutex_);
  auto member = std::find_if(cluster_.members.begin(), cluster_.members.end(),
                             [&](const membership::Member& member) { return member.id == attributes.id; });
  if (member == cluster_.members.end()) return base::errors::MemberNotFound();
  member->name = attributes.name;
  member->client_urls = attributes.client_urls;
  cluster_changed_ = true;
  return mvcc::Answer{{}, options_.store->writer_revision()};
}

void Applier::EndBatch(const raft::Entry& last) {
  storage::WriteBatch& batch = options_.store->batch();
  SaveApplied({last.index, last.term}, batch);
  if (std::exchange(cluster_changed_, false)) membership::Save(cluster(), batch);
  options_.leases->Publishing();
  batch_ended_ = true;
}

absl::Status Applier::Commit() {
  const raft::Entry& last = entries_[next_ - 1];
  QUORATE_RETURN_IF_ERROR(options_.store->Commit(last.index));
  batch_ended_ = false;
  uncommitted_commands_ = 0;
  options_.leases->Published();
  options_.read_gate->Applied(last.index);
  Deliver();
  // Only now: it takes longer than all the rest, and the log has it.
  const std::chrono::nanoseconds begun = options_.clock->Monotonic();
  QUORATE_RETURN_IF_ERROR(options_.store->WriteCommitted());
  statistics_.commits.Observe(options_.clock->Monotonic() - begun);
  return absl::OkStatus();
}

void Applier::Deliver() {
  for (Answers& group : undelivered_) {
    size_t next = 0;
    for (WaitingBatch& batch : group.waiting) {
      for (size_t i = 0; i < batch.commands; ++i, ++next) {
        if (batch.completion != nullptr) batch.completion->Complete(i, std::move(group.answers[next]), group.term);
      }
      batch.completion.reset();
    }
  }
  undelivered_.clear();
  undelivered_bytes_ = 0;
}

void Applier::FailUndelivered(const absl::Status& status) {
  for (Answers& group : undelivered_) FailGroup(std::move(group.waiting), status, group.term);
  undelivered_.clear();
  undelivered_bytes_ = 0;
}

absl::Status OutcomeUnknown(const absl::Status& reason) {
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          "etcdserver: request timed out, possibly done: " + std::string(base::MessageOf(reason)));
}

membership::Cluster Applier::cluster() const {
  base::MutexLock lock(&cluster_mutex_);
  return cluster_;
}

}  // namespace quorate::replica
