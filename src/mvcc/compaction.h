#pragma once

// Removes the garbage behind compactions on a thread of its own, in small batches with pauses.
//
// What is garbage of a compaction at C follows from the records alone: each says which record of its key came before
// it, and how much that one counts for. So one walk of `revs` from where the last compaction ended to C finds
// everything, and reads nothing else: a record's predecessor, and a tombstone before C. (A tombstone at C itself stays
// until the next time: a watch may start at C.) How far the walk has come is written with each batch, so that a crash
// repeats nothing and counts nothing twice.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/storage/database.h"
#include "src/mvcc/keys_family.h"
#include "src/mvcc/meta.h"
#include "src/mvcc/record_walk.h"
#include "src/mvcc/view_gate.h"

namespace quorate::mvcc {

class Compaction {
 public:
  // Goes on with what a former life left undone.
  Compaction(storage::Database* database, ViewGate* gate, KeysFamily* keys_family, const Meta& meta);
  // Stops within a batch; who still waits is not called.
  ~Compaction();

  // Any thread. The compacted revision has risen, is written, and readers who come now see it.
  void Schedule(int64_t revision);
  void WhenFinished(int64_t revision, std::function<void()> done);
  uint64_t removed_bytes() const { return removed_bytes_.load(std::memory_order_relaxed); }
  uint64_t removed_records() const { return removed_records_.load(std::memory_order_relaxed); }
  // Tries that failed.
  uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }
  // Why the last try failed; OK: it did not.
  absl::Status failure() const;

 private:
  struct Waiter {
    int64_t revision;
    std::function<void()> done;
  };
  struct Garbage;

  void Run();
  // False when stopped.
  bool WaitForReaders();
  // One walk; `finished` is where the last one ended.
  absl::Status Collect(int64_t finished, int64_t target);
  // False when the record that the walk is at is malformed.
  static bool Inspect(RecordWalk& walk, int64_t finished, int64_t target, Garbage* garbage);
  absl::Status RemoveBatch(int64_t target, Garbage* garbage);
  absl::Status MarkFinished(int64_t target);
  // How a try ended. True when the one before ended otherwise.
  bool NoteOutcome(const absl::Status& status);
  void Finish(int64_t target);
  // False when stopped meanwhile.
  bool Pause(std::chrono::milliseconds duration);

  storage::Database* const database_;
  ViewGate* const gate_;
  KeysFamily* const keys_family_;
  std::atomic<uint64_t> removed_bytes_;
  std::atomic<uint64_t> removed_records_ = 0;
  std::atomic<uint64_t> failures_ = 0;
  // The compaction thread's: what was begun and not finished yet, and the key in `revs` it has come to.
  int64_t target_;
  std::string position_;

  mutable base::Mutex mutex_;
  int64_t scheduled_ ABSL_GUARDED_BY(mutex_);
  int64_t finished_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses the rest
};

}  // namespace quorate::mvcc
