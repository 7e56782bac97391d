#pragma once

// The Raft log on disk: segments of checksummed records, written sequentially into preallocated and already written
// blocks, one write and one sync for all that waits. docs/formats/wal.md. Not thread-safe: the replica thread owns it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quorate/base/clock.h"
#include "quorate/base/file_system.h"
#include "quorate/base/latency_histogram.h"
#include "quorate/base/status.h"
#include "quorate/raft/types.h"

namespace quorate::wal {

// Written at the head of each segment, so that a log cannot be mistaken for another member's.
struct Identity {
  uint64_t cluster_id = 0;
  uint64_t member_id = 0;

  friend bool operator==(const Identity&, const Identity&) = default;
};

struct WalOptions {
  base::FileSystem* files = nullptr;
  std::string directory;
  uint64_t segment_bytes = 64 << 20;
  bool sync = true;  // false: --unsafe-no-fsync
  // Segments recycled or zero-filled ahead of use, by a thread of the log's own. 0: no thread, all is done when needed,
  // and the same calls make the same files (simulation).
  int spare_segments = 1;
  base::Clock* clock = nullptr;  // null: the machine's
  // A file outside of the directory in which NoteEnd says how far the log was synced, so that one that was put back to
  // an earlier state is refused; "": the log says it itself.
  std::string end_note = {};
  // When set, Open refuses a log of any other with FailedPrecondition before it writes anything.
  std::optional<Identity> expected_identity;
};

// What the log says after recovery.
struct Recovered {
  Identity identity;
  raft::HardState hard_state;
  // The entries after `applied` that stand, ascending without gap.
  std::vector<raft::Entry> entries;
  // Set when a torn tail was cut: where, for the log line.
  std::optional<std::string> torn_tail;
};

struct WalStatistics {
  // Written by the replica thread, read by anyone. From 1 ms to 8 s.
  using Latency = base::LatencyHistogram<14, 1'000'000>;
  Latency sync_latency;
  Latency write_latency;
  std::atomic<uint64_t> written_bytes{0};
  // When the sync that runs now began and when the last slow one ended, on the log's monotonic clock, in nanoseconds;
  // 0: none does, none was.
  std::atomic<int64_t> sync_begun{0};
  std::atomic<int64_t> slow_sync_ended{0};
};

class Wal {
 public:
  // A new log; the directory must hold none. A directory is locked while a log in it is open: FailedPrecondition names
  // the process that has it.
  static absl::StatusOr<std::unique_ptr<Wal>> Create(const WalOptions& options, const Identity& identity);
  // Opens a log and replays it. A torn tail is left out, and written over. Entries up to `applied` are not returned
  // (they are in the store) but their chain is checked all the same. DataLoss names file and offset when records in the
  // middle are corrupt or missing, when the log ends before `applied`, or when segments do not follow each other.
  static absl::StatusOr<std::unique_ptr<Wal>> Open(const WalOptions& options, raft::Index applied,
                                                   Recovered* recovered);
  static bool Exists(base::FileSystem& files, const std::string& directory);
  // Removes a log in which no entry ever stood. False when one does: nothing is changed then. Errors are those of Open.
  static absl::StatusOr<bool> RemoveUnused(const WalOptions& options);
  ~Wal();
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  // Writes entries and hard state, in one record or, when they are many bytes, in several: what a crash leaves of them
  // is a beginning. An entry at an index that the log has already replaces it and all after it. Not durable before
  // Sync.
  absl::Status Append(const std::vector<raft::Entry>& entries, const std::optional<raft::HardState>& hard_state);
  // Begins anew after entry `index` of `term`: everything before it came with a snapshot. Not durable before Sync.
  absl::Status Reset(raft::Index index, raft::Term term, const raft::HardState& hard_state);
  // Makes all that was appended durable. After a failed write (other than one the disk refused, base::IsDiskRefusal,
  // which leaves the log with a beginning of what was to be appended, and may be tried again) or a failed sync the log
  // refuses everything.
  absl::Status Sync();
  // Says, in the note of the end or else in the log, up to where it was last synced, so that damage to what was written
  // last cannot pass for a write that a crash cut short. Not durable: a process that is killed leaves what is said
  // here, so call it after a sync, before anybody is told of what that made safe.
  void NoteEnd();
  // Entries [begin, end) read back from the segments, as many as fit `bytes_max` but at least one. OutOfRange when
  // `begin` has been purged or `end` lies beyond the log.
  absl::StatusOr<std::vector<raft::Entry>> Read(raft::Index begin, raft::Index end, size_t bytes_max);
  // Known for every entry in the log and the one before it. OutOfRange otherwise.
  absl::StatusOr<raft::Term> TermOf(raft::Index index) const;
  raft::Index first_index() const;
  raft::Index last_index() const;
  // Drops whole segments whose entries all lie below `index` (durable in the store, and no follower's need). Their
  // files are released or reused in the background. A log that has failed keeps all there is.
  void Purge(raft::Index index);
  const WalStatistics& statistics() const;

 private:
  struct Rep;
  explicit Wal(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::wal
