#include "src/storage/flush_marks.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::storage {

void FlushMarks::Written(uint64_t sequence, uint64_t mark) {
  base::MutexLock lock(&mutex_);
  QUORATE_CHECK(mark >= written_) << "the mark fell from " << written_ << " to " << mark;
  written_ = mark;
  if (!pairs_.empty() && pairs_.back().mark == mark) {
    // The mark is durable only when the last write that carries it is.
    pairs_.back().sequence = sequence;
    return;
  }
  if (pairs_.size() >= kPairsMax) {
    std::deque<Pair> kept;
    for (size_t i = 1; i < pairs_.size(); i += 2) kept.push_back(pairs_[i]);
    pairs_.swap(kept);
  }
  pairs_.push_back({sequence, mark});
}

void FlushMarks::Flushed(uint64_t sequence) {
  base::MutexLock lock(&mutex_);
  while (!pairs_.empty() && pairs_.front().sequence <= sequence) {
    durable_ = std::max(durable_, pairs_.front().mark);
    pairs_.pop_front();
  }
}

uint64_t FlushMarks::durable() const {
  base::MutexLock lock(&mutex_);
  return durable_;
}

}  // namespace quorate::storage
