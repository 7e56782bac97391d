#include "src/api/log_allowance.h"

#include <utility>

namespace quorate::api {

bool LogAllowance::TakeLine(uint64_t* left_out) {
  const auto now = std::chrono::steady_clock::now();
  base::MutexLock lock(&mutex_);
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    lines_ = 0;
  }
  if (lines_ == kLinesMax) {
    ++left_out_;
    return false;
  }
  ++lines_;
  *left_out = std::exchange(left_out_, 0);
  return true;
}

}  // namespace quorate::api
