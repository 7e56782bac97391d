#include "src/rpc/frame_guard.h"

#include <algorithm>

namespace quorate::rpc {

bool TokenBucket::Take(int64_t now_ms) {
  if (tokens_ == 0) {
    constexpr int64_t kMsPerSecond = 1000;
    const int64_t elapsed_ms = std::min(now_ms - refilled_ms_, kMsPerSecond * burst_ / per_second_);
    const int64_t refill = elapsed_ms * per_second_ / kMsPerSecond;
    if (refill <= 0) return false;
    Give(refill);
    refilled_ms_ = now_ms;
  } else if (tokens_ == burst_) {
    refilled_ms_ = now_ms;
  }
  --tokens_;
  return true;
}

void TokenBucket::Give(int64_t tokens) { tokens_ = std::min(tokens_ + tokens, burst_); }

}  // namespace quorate::rpc
