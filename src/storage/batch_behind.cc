#include "src/storage/batch_behind.h"

#include <utility>

#include "quorate/base/check.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {

BatchBehind::BatchBehind() {
  for (std::atomic<uint64_t>& lowest : lowest_) lowest.store(kNoKey, std::memory_order_relaxed);
}

void BatchBehind::Take(WriteBatch& batch, uint64_t mark) {
  base::MutexLock lock(&mutex_);
  QUORATE_CHECK(!is_there()) << "a batch is still to be written";
  std::swap(batch_, batch);
  mark_ = mark;
  for (size_t family = 0; family < lowest_.size(); ++family) {
    lowest_[family].store(batch_.rep_->lowest[family], std::memory_order_release);
  }
  is_there_.store(true, std::memory_order_release);
}

absl::Status BatchBehind::Settle(absl::FunctionRef<absl::Status(WriteBatch& batch, uint64_t mark)> write) {
  if (!is_there()) return absl::OkStatus();
  base::MutexLock lock(&mutex_);
  if (!is_there()) return absl::OkStatus();
  QUORATE_RETURN_IF_ERROR(write(batch_, mark_));
  // Seen by readers before they look for the entries, which are there by now.
  for (std::atomic<uint64_t>& lowest : lowest_) lowest.store(kNoKey, std::memory_order_release);
  is_there_.store(false, std::memory_order_release);
  return absl::OkStatus();
}

}  // namespace quorate::storage
