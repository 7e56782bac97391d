#pragma once

// One member's engine: takes proposals, has them agreed and logged, executes them in order, confirms reads.
//
// Threads: the replica thread owns the Raft node and the log; the apply thread executes what is committed. A few
// commands the replica thread executes itself, sparing a wake-up (docs/decisions/0002-threads.md). While it sleeps, an
// event loop may lend its thread to Propose, which then stands in for it, one at a time
// (docs/decisions/0007-lent-threads.md): what is said of the replica thread holds for that one, too. Two more are not
// seen from outside: `flusher` makes the store durable, so that the log behind it can be dropped, and `deadlines`
// answers those who have waited too long for the disk, and touches no disk itself.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "quorate/base/clock.h"
#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"
#include "quorate/membership/membership.h"
#include "quorate/mvcc/store.h"
#include "quorate/raft/types.h"
#include "quorate/replica/alarm.h"
#include "quorate/replica/auto_compaction.h"
#include "quorate/replica/command.h"
#include "quorate/replica/execution_statistics.h"
#include "quorate/wal/wal.h"

namespace quorate::replica {

// Who waits for the answers to a batch of proposals. Called on any of the replica's threads, or, when the batch is
// refused at once, inside Propose; on one at a time; must not block.
class BatchCompletion {
 public:
  virtual ~BatchCompletion() = default;  // after the last Complete: the moment to hand the answers over
  // Exactly once for each proposal, ascending indices. `term` is for the response header.
  virtual void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t term) = 0;
};

// What one event loop gathered in one tick.
struct ProposalBatch {
  CommandList commands;
  // Each is executed in a fraction of a millisecond: no thread is lent for what others would wait for longer.
  bool are_short = true;
  std::unique_ptr<BatchCompletion> completion;
};

struct ReplicaOptions {
  std::string data_dir;
  std::string wal_dir;  // empty: <data_dir>/member/wal
  std::string name;
  std::string cluster_token;
  std::vector<std::pair<std::string, std::string>> initial_cluster;
  std::vector<std::string> advertise_client_urls;
  // Whether the flags allow a first start, asked before one makes a store or a log; also when one that was not finished
  // begins anew. Empty: they do.
  std::function<absl::Status()> check_first_start;
  std::chrono::milliseconds heartbeat_interval{100};
  std::chrono::milliseconds election_timeout{1000};
  // As etcd's: a request waits so long for the disk, and two election timeouts.
  std::chrono::milliseconds disk_time_allowance{5000};
  // While the log's last write took no longer than this, a lent thread makes the next: it is kept for about as long as
  // other work of an event loop's tick may keep it. For a slower disk it is the replica thread that waits.
  std::chrono::nanoseconds lent_write_max{500'000};
  uint64_t snapshot_count = 10000;
  bool sync = true;
  uint64_t log_segment_bytes = 64 << 20;
  AutoCompactionOptions auto_compaction;
  mvcc::StoreOptions store;
  base::Clock* clock = nullptr;       // null: the machine's
  base::FileSystem* files = nullptr;  // null: the machine's
};

// A moment's view for Status, health and metrics. Any thread.
struct ReplicaStatus {
  uint64_t cluster_id = 0;
  uint64_t member_id = 0;
  uint64_t leader = 0;  // 0: none
  raft::Role role = raft::Role::kFollower;
  uint64_t term = 0;
  uint64_t commit_index = 0;
  uint64_t applied_index = 0;
  uint64_t proposals_pending = 0;
  uint64_t proposals_failed = 0;
  uint64_t leader_changes = 0;
  uint64_t slow_applies = 0;
  uint64_t read_indexes_failed = 0;
  // Not OK while writes cannot go on, with the reason: base::WantOfDescriptorsOrMemory; else ResourceExhausted, the
  // disk is full; PermissionDenied, it is read-only; DataLoss, a file is damaged, which lasts until the end of the
  // process.
  absl::Status trouble;
};

// How the log's disk does, for health checks.
struct DiskPace {
  std::chrono::nanoseconds sync_running{0};                      // how long a sync has been running; 0: none is
  std::optional<std::chrono::nanoseconds> since_slow_sync = {};  // since the last one of a second or more ended
};

class Replica {
 public:
  // Opens or creates the member in its data directory: takes the lock, opens store and log, checks that they belong
  // together and to the name and token given. Errors are one line that says what and what to do. Nothing that was
  // acknowledged is lost when opening fails; what an unfinished first start has left, the next one makes anew.
  static absl::StatusOr<std::unique_ptr<Replica>> Open(ReplicaOptions options);
  ~Replica();  // Stop()s
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Starts the threads. `on_ready` is called once the member has a leader and has executed all that was in its log.
  // `on_fatal` is called, once, when the member cannot go on (failed sync, damaged store): log is done, exit is due.
  void Start(std::function<void()> on_ready, std::function<void(const absl::Status&)> on_fatal);
  // Finishes what was accepted, makes the store durable, joins the threads. Proposals after it answer "server stopped".
  // Before `on_ready` nothing was accepted: what the log has is left to the next start.
  void Stop();

  // Any thread. Takes the batch over; its completion hears of every proposal, refused ones too ("too many requests"),
  // and in time, whatever the disk does: what is late is answered "request timed out", and may yet be done.
  void Propose(ProposalBatch batch);
  // The same, of a thread that can be lent: a few short proposals that find the replica thread asleep are logged,
  // executed and answered on this one, which spares two wake-ups, and stands still for a sync. The work is then called
  // by `lend(work)`, once, inside this call.
  using Lend = absl::FunctionRef<void(absl::FunctionRef<void()> work)>;
  void Propose(ProposalBatch batch, Lend lend);
  // What waits, and what may at the pace of now: beyond it, those who propose much are to be refused. Any thread, a few
  // loads.
  struct Room {
    size_t proposals;
    size_t proposals_max;
    size_t bytes;
    size_t bytes_max;
  };
  Room room() const;
  // Whether a linearizable read may be served at once from the published state. Any thread, a single load.
  bool CanReadNow() const;
  // Calls `done` once a linearizable read that began before this call may be served from the published state, or with
  // the error. Inside this call when that is known at once, else on a thread of the replica's, many in a row: post
  // onwards.
  void ConfirmRead(std::function<void(absl::Status)> done);

  mvcc::Store& store();
  // Read by anyone, changed by commands alone.
  const lease::Leases& leases() const;
  lease::Leases& leases();
  // Renews leases and knows what time is left of them.
  lease::Lessor& lessor();
  const storage::Database& database() const;
  storage::Database& database();
  const wal::WalStatistics& wal_statistics() const;
  const ExecutionStatistics& execution_statistics() const;
  // A copy: changes come with the log.
  membership::Cluster cluster() const;
  // Those raised, by type, then member.
  std::vector<Alarm> alarms() const;
  uint64_t cluster_id() const;
  uint64_t member_id() const;
  uint64_t term() const;  // a single load, for response headers
  ReplicaStatus status() const;
  DiskPace disk_pace() const;

 private:
  struct Rep;
  explicit Replica(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::replica
