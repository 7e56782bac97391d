#pragma once

// Executes committed entries in order: the same entries give the same store on every member. Nothing that is executed
// depends on a clock, a random number or anything else that is not replicated; that decides only who is told of the
// answers, and what metrics and log lines say of how long it took.

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/clock.h"
#include "quorate/base/mutex.h"
#include "quorate/lease/leases.h"
#include "quorate/membership/membership.h"
#include "quorate/mvcc/store.h"
#include "quorate/raft/types.h"
#include "quorate/replica/command.h"
#include "quorate/replica/execution_statistics.h"
#include "src/replica/alarms.h"
#include "src/replica/pending_groups.h"
#include "src/replica/read_gate.h"

namespace quorate::replica {

struct ApplierOptions {
  mvcc::Store* store = nullptr;
  lease::Leases* leases = nullptr;
  PendingGroups* pending = nullptr;
  ReadGate* read_gate = nullptr;
  base::Clock* clock = nullptr;  // to measure with only
  membership::Cluster cluster;
  std::vector<Alarm> alarms;
  raft::Index applied = 0;
};

class Applier {
 public:
  explicit Applier(ApplierOptions options);

  // Executes, commits to the store, tells those who wait, has it written. One thread at a time. Not OK: nobody waits
  // any more for what was executed and not committed. When the disk refused it (base::IsDiskRefusal), Continue is the
  // next to be called; after anything else nothing more may be executed.
  absl::Status Apply(std::vector<raft::Entry> entries);
  // Tries again to commit, and goes on with what Apply was given. As Apply.
  absl::Status Continue();
  // Any thread, when nobody waits for what is executed: no batch is begun any more, and Apply ends with Cancelled.
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }

  // Any thread.
  membership::Cluster cluster() const;
  std::vector<Alarm> alarms() const { return alarms_.raised(); }
  uint64_t slow_applies() const { return slow_applies_.load(std::memory_order_relaxed); }
  const ExecutionStatistics& statistics() const { return statistics_; }

 private:
  struct Answers {
    WaitingGroup waiting;
    std::vector<absl::StatusOr<mvcc::Answer>> answers;
    raft::Term term;
  };

  absl::Status ExecuteRest();
  // DataLoss: the store's files are damaged. Unavailable: they could not be read for a minute.
  absl::Status Execute(const raft::Entry& entry);
  absl::StatusOr<mvcc::Answer> ExecuteCommand(CommandType type, std::string_view request);
  absl::StatusOr<mvcc::Answer> ExecuteTxn(std::string_view request);
  absl::StatusOr<mvcc::Answer> ExecuteAlarm(std::string_view request);
  absl::StatusOr<mvcc::Answer> ExecuteDowngrade(std::string_view target);
  absl::StatusOr<mvcc::Answer> ExecuteMemberAttributes(std::string_view request);
  void EndBatch(const raft::Entry& last);
  absl::Status Commit();
  void Deliver();
  void FailUndelivered(const absl::Status& status);

  ApplierOptions options_;
  const uint64_t self_;
  Alarms alarms_;
  std::vector<raft::Entry> entries_;  // those Apply was given
  size_t next_ = 0;                   // of them, to be executed
  bool batch_ended_ = false;          // and is to be committed
  std::vector<Answers> undelivered_;
  size_t undelivered_bytes_ = 0;  // of their answers
  size_t uncommitted_commands_ = 0;
  bool cluster_changed_ = false;
  raft::Index applied_;
  std::atomic<bool> abandoned_{false};
  std::atomic<uint64_t> slow_applies_{0};
  ExecutionStatistics statistics_;
  mutable base::Mutex cluster_mutex_;  // guards cluster_: executed here, read by anyone
  membership::Cluster cluster_ ABSL_GUARDED_BY(cluster_mutex_);
};

// The answer to a command that is logged and may yet take effect, though nobody can say when: it must not read as if it
// did not.
absl::Status OutcomeUnknown(const absl::Status& reason);

}  // namespace quorate::replica
