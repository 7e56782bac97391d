#pragma once

// Reads that must not fail for want of descriptors or memory, which may come back.

#include <chrono>
#include <thread>

#include "quorate/base/logging.h"
#include "quorate/base/status.h"

namespace quorate::mvcc {

// A minute's patience.
inline constexpr std::chrono::milliseconds kReadPause{100};
inline constexpr int kReadTriesMax = 600;

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// What `read` returns at last: Unavailable only when it was so for all of that time.
template <typename Read>
auto ReadPatiently(const Read& read) -> decltype(read()) {
  for (int tries = 1;; ++tries) {
    auto result = read();
    const absl::Status& status = StatusOf(result);
    if (!absl::IsUnavailable(status) || tries == kReadTriesMax) return result;
    if (tries == 1) QUORATE_LOG(kWarn, "could not read the store, trying again", {{"error", status}});
    std::this_thread::sleep_for(kReadPause);
  }
}

}  // namespace quorate::mvcc
