#pragma once

// A batch that counts as written and is written a little later, by whoever comes first: its writer, or someone who
// needs it to be.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "quorate/base/mutex.h"
#include "quorate/storage/database.h"
#include "src/storage/families.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {

class BatchBehind {
 public:
  BatchBehind();

  // One thread at a time, and after Settle: takes over what is in the batch, and leaves that empty.
  void Take(WriteBatch& batch, uint64_t mark);

  // Any thread; these never wait.
  bool is_there() const { return is_there_.load(std::memory_order_acquire); }
  // Whether it may hold this key.
  bool MayHold(Family family, std::string_view key) const { return LowestOf(family) <= OrderOf(key); }
  // Whether it may hold keys of the family before this one; "": any.
  bool MayHoldBefore(Family family, std::string_view key) const {
    return key.empty() ? LowestOf(family) != kNoKey : MayHold(family, key);
  }

  // Any thread: has it written, unless it is; waits for whoever is about it. What failed is left for the next.
  absl::Status Settle(absl::FunctionRef<absl::Status(WriteBatch& batch, uint64_t mark)> write);

 private:
  uint64_t LowestOf(Family family) const { return lowest_[FamilyId(family)].load(std::memory_order_acquire); }

  std::atomic<bool> is_there_{false};
  std::array<std::atomic<uint64_t>, kFamilies> lowest_;  // see WriteBatch::Rep; kNoKey while nothing is there
  base::Mutex mutex_;                                    // held while it is written
  WriteBatch batch_ ABSL_GUARDED_BY(mutex_);
  uint64_t mark_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::storage
