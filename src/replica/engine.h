#pragma once

// The inside of a Replica: the replica thread's loop around raft::Node, and what it shares with the apply thread.

#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/raft/node.h"
#include "quorate/replica/replica.h"
#include "src/replica/applier.h"
#include "src/replica/apply_queue.h"
#include "src/replica/auto_compaction.h"
#include "src/replica/deadline_timer.h"
#include "src/replica/disk_trouble.h"
#include "src/replica/lease_expiry.h"
#include "src/replica/member_files.h"
#include "src/replica/pending_groups.h"
#include "src/replica/proposal_queue.h"
#include "src/replica/read_gate.h"
#include "src/replica/store_flusher.h"

namespace quorate::replica {

// Lets raft::Node read entries back from the log.
class WalReader : public raft::LogReader {
 public:
  explicit WalReader(wal::Wal* wal) : wal_(wal) {}
  absl::StatusOr<std::vector<raft::Entry>> Entries(raft::Index begin, raft::Index end, size_t bytes_max) override {
    return wal_->Read(begin, end, bytes_max);
  }
  absl::StatusOr<raft::Term> TermOf(raft::Index index) override { return wal_->TermOf(index); }

 private:
  wal::Wal* wal_;
};

class Engine {
 public:
  Engine(ReplicaOptions options, base::Clock* clock, MemberFiles files);
  ~Engine();

  void Start(std::function<void()> on_ready, std::function<void(const absl::Status&)> on_fatal);
  void Stop();
  // With `lend`, see Replica::Propose.
  void Propose(ProposalBatch batch, const Replica::Lend* lend = nullptr);
  const Admission& admission() const { return pending_.admission(); }
  bool CanReadNow() const { return can_read_now_.load(std::memory_order_acquire); }
  void ConfirmRead(ReadDone done);

  mvcc::Store& store() { return *files_.store; }
  storage::Database& database() { return *files_.database; }
  const lease::Leases& leases() const { return *files_.leases; }
  lease::Leases& leases() { return *files_.leases; }
  lease::Lessor& lessor() { return *files_.lessor; }
  const wal::WalStatistics& wal_statistics() const { return files_.wal->statistics(); }
  const ExecutionStatistics& execution_statistics() const { return applier_.statistics(); }
  membership::Cluster cluster() const { return applier_.cluster(); }
  std::vector<Alarm> alarms() const { return applier_.alarms(); }
  uint64_t cluster_id() const { return cluster_id_; }
  uint64_t member_id() const { return member_id_; }
  uint64_t term() const { return term_.load(std::memory_order_relaxed); }
  ReplicaStatus status() const;
  DiskPace disk_pace() const;

 private:
  // --- engine_waiting.cc: those who wait, until they are answered, refused or told that it took too long
  // Why nothing is proposed just now, not even what was let in; OK when it is.
  absl::Status Refusal() const;
  std::chrono::nanoseconds Deadline() const { return clock_->Monotonic() + patience_; }
  bool IsLogQuick() const {
    return last_write_ns_.load(std::memory_order_relaxed) <= options_.lent_write_max.count();
  }
  // Hands what was admitted over to the replica thread.
  void Enqueue(ProposalBatch batch);
  // Answers what was not admitted.
  void TurnAway(ProposalBatch batch, const absl::Status& status);
  // Answers what was admitted and is not logged.
  void Refuse(std::vector<QueuedBatch> batches, const absl::Status& status);
  std::optional<std::chrono::nanoseconds> ExpireProposals(std::chrono::nanoseconds now);
  void ExpireReads();
  void FailLogged(std::vector<WaitingGroup> groups, const absl::Status& status);
  // Everybody, with "server stopped".
  void FailAll();

  // --- engine.cc: the replica thread
  void RunReplicaThread();
  void RunApplyThread();
  // Does on the calling thread, which has begun to stand in, what the replica thread would do with this batch.
  void StandIn(QueuedBatch batch);
  void TickIfDue();
  std::chrono::nanoseconds UntilNextTick() const;
  void ProposeAll(std::vector<QueuedBatch> queued);
  void ProposeGroup(std::vector<QueuedBatch> queued);
  void AskReads(std::vector<ReadDone> reads);
  void HandleReady();
  // What is left to do with a Ready once it is on disk.
  void FinishReady(raft::Ready ready);
  void Execute(std::vector<raft::Entry> committed);
  void PublishStatus();
  void BecomeReady();
  void CompactIfDue();

  // --- engine_disk.cc: the log and trouble with it
  // Writes to the log and syncs; false when it could not (base::IsDiskRefusal: tried again later; else fatal).
  bool Persist(raft::Ready& ready);
  bool PersistHeldBack();
  void KeepDisk();
  // Apply thread. The disk refused what the store was to write: waits until it is to be tried again; false when the
  // member stops first.
  bool AwaitStore(const absl::Status& refusal);
  // What the store cannot read back, or write in the background. Any thread.
  void OnStoreFailure(const absl::Status& failure);
  void EnterTrouble(DiskTrouble::Source source, const absl::Status& status);
  void LeaveTrouble(DiskTrouble::Source source);
  void Fatal(const absl::Status& status);

  const ReplicaOptions options_;
  base::Clock* const clock_;
  MemberFiles files_;
  const uint64_t cluster_id_;
  const uint64_t member_id_;
  const bool sole_voter_;
  const std::chrono::nanoseconds patience_;  // with which a request waits
  WalReader log_reader_;
  std::mt19937 random_;

  ProposalQueue queue_;
  PendingGroups pending_;
  DeadlineTimer timer_;
  ReadGate read_gate_;
  ApplyQueue apply_queue_;
  Applier applier_;
  StoreFlusher flusher_;

  // Owned by the replica thread.
  raft::Node node_;
  AutoCompaction auto_compaction_;
  LeaseExpiry lease_expiry_;
  uint64_t next_group_;
  std::chrono::nanoseconds next_tick_{0};
  std::optional<raft::HardState> unwritten_hard_state_;  // a commit index: written along with the next entries
  std::optional<raft::Ready> held_back_;                 // could not be written yet
  uint64_t next_read_ = 1;
  std::map<uint64_t, std::vector<ReadDone>> reads_;  // by ReadIndex context
  struct LeaderlessRead {
    ReadDone done;
    std::chrono::nanoseconds deadline;
  };
  std::vector<LeaderlessRead> leaderless_reads_;
  raft::Term led_term_ = 0;  // the term this member was last seen to lead
  raft::MemberId last_leader_ = 0;
  uint64_t purged_mark_ = 0;
  uint64_t log_bytes_since_durable_ = 0;

  // Read by anyone.
  std::atomic<int64_t> last_write_ns_{0};  // so long the last write to the log took, and its sync
  std::atomic<bool> can_read_now_{false};
  std::atomic<raft::Term> term_{0};
  std::atomic<raft::Index> commit_{0};
  std::atomic<raft::MemberId> leader_{0};
  std::atomic<raft::Role> role_{raft::Role::kFollower};
  std::atomic<uint64_t> leader_changes_{0};
  std::atomic<uint64_t> proposals_failed_{0};
  std::atomic<uint64_t> read_indexes_failed_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> dead_{false};  // after something fatal
  std::atomic<bool> ready_announced_{false};
  DiskTrouble trouble_;

  std::function<void()> on_ready_;
  std::function<void(const absl::Status&)> on_fatal_;
  std::thread replica_thread_;
  std::thread apply_thread_;
};

}  // namespace quorate::replica
