#pragma once

// Tells in the log of calls that took longer than expected: of so many a second, and with the next line of how many
// were left out. When everything stands still, thousands become slow together.

#include <atomic>
#include <chrono>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/rpc/server.h"

namespace quorate::api {

class SlowCalls {
 public:
  static constexpr int kLinesMax = 10;  // a second

  explicit SlowCalls(std::chrono::nanoseconds expected) : expected_(expected) {}

  // Any thread.
  void Note(const rpc::SlowCall& call);
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  // Whether there may be one more line now, and how many calls had none since the last.
  bool TakeLine(uint64_t* left_out);

  const std::chrono::nanoseconds expected_;
  std::atomic<uint64_t> count_{0};
  base::Mutex mutex_;  // guards what follows
  std::chrono::steady_clock::time_point second_ ABSL_GUARDED_BY(mutex_);  // when it began
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;                                  // in it
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::api
