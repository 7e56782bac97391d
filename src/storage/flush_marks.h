#pragma once

// Which of the caller's marks are durable. RocksDB says how far a flush went as a sequence number of its own; this
// keeps the pairs (sequence, mark) of the writes in between, and answers with the highest mark covered.

#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

namespace quorate::storage {

class FlushMarks {
 public:
  // `durable`: the mark found on disk at Open.
  explicit FlushMarks(uint64_t durable) : durable_(durable), written_(durable) {}

  // A write with this mark is in memory, its sequence numbers at most `sequence`. Marks never fall.
  void Written(uint64_t sequence, uint64_t mark);
  // Everything up to `sequence` is on disk.
  void Flushed(uint64_t sequence);
  uint64_t durable() const;

  // More writes than this between two flushes: every other pair is forgotten, the answer is then coarser, never wrong.
  static constexpr size_t kPairsMax = 1 << 15;

 private:
  struct Pair {
    uint64_t sequence;
    uint64_t mark;
  };

  mutable base::Mutex mutex_;
  std::deque<Pair> pairs_ ABSL_GUARDED_BY(mutex_);
  uint64_t durable_ ABSL_GUARDED_BY(mutex_);
  uint64_t written_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
