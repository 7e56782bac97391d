#include "src/replica/apply_queue.h"

#include <iterator>
#include <utility>

namespace quorate::replica {

bool ApplyQueue::TryBeginInline() {
  base::MutexLock lock(&mutex_);
  if (executing_ || !entries_.empty()) return false;
  executing_ = true;
  return true;
}

void ApplyQueue::HandOver() {
  base::MutexLock lock(&mutex_);
  handed_over_ = true;
}

void ApplyQueue::Done() {
  base::MutexLock lock(&mutex_);
  executing_ = false;
}

void ApplyQueue::Push(std::vector<raft::Entry> entries) {
  base::MutexLock lock(&mutex_);
  if (entries_.empty()) {
    entries_ = std::move(entries);
  } else {
    entries_.insert(entries_.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
  }
}

ApplyQueue::Taken ApplyQueue::Take() {
  base::MutexLock lock(&mutex_);
  auto can_take = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return handed_over_ || (!executing_ && (!entries_.empty() || closed_));
  };
  mutex_.Await(can_take);
  if (std::exchange(handed_over_, false)) return {{}, true};
  executing_ = !entries_.empty();
  return {std::exchange(entries_, {}), false};
}

void ApplyQueue::Close() {
  base::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace quorate::replica
