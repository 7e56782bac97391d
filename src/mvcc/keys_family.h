#pragma once

// The writing side of the `keys` family, which follows behind the commits (docs/decisions/0004-keys-behind.md).
//
// Entries of `keys` come in random order, and finding the place of each in RocksDB's memtable was a quarter of what a
// Put cost. Nothing needs them soon: the present is in the key index, the recent past in its undo log. So they are
// gathered, sorted, and written in long runs by a thread of its own. What a crash loses of them follows from `revs`.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/storage/database.h"
#include "src/mvcc/keys_run.h"
#include "src/mvcc/meta.h"

namespace quorate::mvcc {

class KeysFamily {
 public:
  // `complete`: the revision up to which the family has every entry.
  KeysFamily(storage::Database* database, int64_t complete);
  // Stops within a batch. What is not written yet is found in `revs` at the next start.
  ~KeysFamily();
  KeysFamily(const KeysFamily&) = delete;
  KeysFamily& operator=(const KeysFamily&) = delete;

  // --- The writer's thread.
  // When the entries of `run` are too many to wait beside those that wait already: moves all of them into the batch
  // about to be committed at `revision`, and leaves `run` empty.
  void Relieve(KeysRun* run, int64_t revision, storage::WriteBatch* batch);
  // The batch of these changes is committed, their entries may follow. Leaves `run` empty.
  void Follow(KeysRun* run, int64_t revision);

  // --- Any thread.
  // Up to this revision the family is complete.
  int64_t complete() const { return complete_.load(std::memory_order_acquire); }
  // Waits until the family is complete up to a committed revision: as long as some ten thousand entries take to be
  // written, milliseconds while the disk is not busy. Unavailable when they cannot be written, DeadlineExceeded when it
  // takes longer than the patience.
  absl::Status WaitFor(int64_t revision, std::chrono::nanoseconds patience = kForever);

 private:
  static constexpr std::chrono::hours kForever{24 * 365};

  void Run();
  // Writes the runs taken; returns early when stopped, or relieved of them.
  void Write(const std::vector<KeysRun>& runs, int64_t revision);
  bool WriteSome(const SortedKeys& run, size_t from, size_t to, int64_t revision);

  storage::Database* const database_;
  std::atomic<int64_t> complete_;

  base::Mutex mutex_;  // guards what follows: appended to by the writer once per commit, taken from by the thread
  std::vector<KeysRun> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_entries_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t waiting_revision_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const std::vector<KeysRun>> running_ ABSL_GUARDED_BY(mutex_);  // being written; null: none
  size_t running_entries_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t running_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // a batch of it, just now
  bool hurried_ ABSL_GUARDED_BY(mutex_) = false;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;  // last: it uses the rest
};

// Notes with a batch that the family is complete up to a revision.
void MarkComplete(int64_t revision, storage::WriteBatch* batch);
// Writes the entries of `keys` that a former life committed in `revs` only, in (complete, revision].
absl::Status CompleteKeysFamily(storage::Database* database, const Meta& meta);

}  // namespace quorate::mvcc
