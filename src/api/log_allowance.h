#pragma once

// How many log lines of one kind are written: so many a second, and with the next line of how many were left out. What
// clients bring about, they may bring about by the thousand.

#include <chrono>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

namespace quorate::api {

class LogAllowance {
 public:
  static constexpr int kLinesMax = 10;  // a second

  // Whether there may be one more line now, and how many were left out since the last. Any thread.
  bool TakeLine(uint64_t* left_out);

 private:
  base::Mutex mutex_;                                                     // guards what follows
  std::chrono::steady_clock::time_point second_ ABSL_GUARDED_BY(mutex_);  // when it began
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;                                 // in it
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::api
