#pragma once

// Why writes are refused: what the disk refuses to the log, what it refuses to the store, and damaged files. Any
// thread.

#include <array>
#include <atomic>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::replica {

// What a proposal is answered that is not logged because the disk refuses writes.
absl::Status RefusalFor(const absl::Status& reason);

class DiskTrouble {
 public:
  enum class Source { kLog, kStore };

  // The disk refuses writes to `source`, for the reason given. True when none were refused before, or for another kind
  // of reason.
  bool Enter(Source source, const absl::Status& reason);
  // It takes them again. True when none are refused any more, and some were.
  bool Leave(Source source);
  // A file is not what was written, which lasts. False when that was known.
  bool Damage(const absl::Status& reason);

  bool refuses() const { return refuses_.load(std::memory_order_relaxed); }
  bool damaged() const { return damaged_.load(std::memory_order_relaxed); }
  // Damage before what may pass; OK when there is no trouble.
  absl::Status reason() const;
  // What a proposal is answered that is not logged for it; OK when there is no trouble, and then two loads.
  absl::Status Refusal() const;

 private:
  absl::Status RefusedFor() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<bool> refuses_{false};
  std::atomic<bool> damaged_{false};
  mutable base::Mutex mutex_;
  std::array<absl::Status, 2> refused_ ABSL_GUARDED_BY(mutex_);  // by source
  absl::Status damage_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::replica
