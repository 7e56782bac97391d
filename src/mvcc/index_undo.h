#pragma once

// The recent changes of the key index, newest last, with the items they replaced: what it takes to go from one state
// to another. The writer adds and forgets; readers take the part between two revisions. The lock guards the list of
// chunks only and is held for a copy of pointers; entries that readers may see never change.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "src/mvcc/index_reclaimer.h"

namespace quorate::mvcc::index {

// At main revision `main` the item `before` (null: no such key) gave way to `after` (null: the key was erased).
struct Change {
  const Item* before;
  const Item* after;
  int64_t main;
};

struct ChangeChunk {
  static constexpr size_t kCapacity = 256;
  uint64_t first_sequence = 0;
  size_t size = 0;          // the writer's own until full
  size_t item_bytes = 0;    // of the items before; as size
  Change changes[kCapacity];
};

// The changes numbered [from, to), oldest first. Their items are there as long as the caller's pin of the revisions
// from the lowest on.
struct ChangeSpan {
  std::vector<std::shared_ptr<const ChangeChunk>> chunks;
  uint64_t from = 0;
  uint64_t to = 0;

  const Change& at(uint64_t sequence) const {
    const uint64_t offset = sequence - chunks.front()->first_sequence;
    return chunks[offset / ChangeChunk::kCapacity]->changes[offset % ChangeChunk::kCapacity];
  }
};

class UndoLog {
 public:
  // States more than `changes_max` changes back cannot be reached. Replaced items and entries are held to the same
  // number and to `bytes_max`, in whole chunks.
  UndoLog(size_t changes_max, size_t bytes_max) : changes_max_(changes_max), bytes_max_(bytes_max) {}
  ~UndoLog();  // frees the replaced items it still has
  UndoLog(const UndoLog&) = delete;
  UndoLog& operator=(const UndoLog&) = delete;

  // --- The writer.
  // Nothing before `revision` can be reached.
  void Start(int64_t revision);
  // In ascending order of `main`. Owns `change.before` from here on.
  void Add(const Change& change);
  // Shows readers what was added, forgets what is too much, and hands its replaced items over, to be freed when
  // nobody reads them. Each call forgets a bounded number, more than what one batch adds. Comes before the state itself
  // is published.
  void Publish(Reclaimer* reclaimer);

  // --- Any thread.
  // States before `revision` cannot be reached any more; the next Publish frees what that takes.
  void ForgetBefore(int64_t revision);
  // How many changes lie between two revisions, as far as remembered.
  uint64_t ChangesBetween(int64_t low, int64_t high) const;
  // Among `bases` (revisions of published states or of states reached before) chooses the one that is fewest changes
  // away from `target` and gives the changes between. False when none is left that leads there. The caller has pinned
  // all revisions from the lowest of them on.
  bool Choose(int64_t target, const std::vector<int64_t>& bases, size_t* chosen, ChangeSpan* span) const;
  // Of the entries; replaced items are counted where they were made.
  size_t bytes() const { return chunk_count_.load(std::memory_order_relaxed) * sizeof(ChangeChunk); }

 private:
  // How many published changes up to and including `revision` there have been.
  uint64_t ChangesUpTo(int64_t revision) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t PublishedSize(const ChangeChunk& chunk) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool OldestChunkIsTooMuch() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t changes_max_;
  const size_t bytes_max_;

  // The writer's own.
  std::vector<std::shared_ptr<ChangeChunk>> fresh_;  // chunks begun since the last Publish
  std::shared_ptr<ChangeChunk> open_;
  uint64_t added_ = 0;
  size_t fresh_bytes_ = 0;
  int64_t last_main_ = 0;

  mutable base::Mutex mutex_;                                                // guards the published chunks
  std::deque<std::shared_ptr<ChangeChunk>> chunks_ ABSL_GUARDED_BY(mutex_);  // all full but the last
  uint64_t published_ ABSL_GUARDED_BY(mutex_) = 0;                           // changes numbered below are for readers
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;                                 // of chunks_ and the items in them
  int64_t floor_ ABSL_GUARDED_BY(mutex_) = 0;  // states from this revision on can be reached
  std::atomic<size_t> chunk_count_{0};
};

}  // namespace quorate::mvcc::index
