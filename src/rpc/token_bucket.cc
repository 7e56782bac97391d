#include "src/rpc/token_bucket.h"

#include <algorithm>

namespace quorate::rpc {

void TokenBucket::Refill(int64_t now_ms) {
  if (tokens_ == burst_ || refilled_ms_ == 0) {
    refilled_ms_ = now_ms;
    return;
  }
  constexpr int64_t kMsPerSecond = 1000;
  const int64_t elapsed_ms = std::min(now_ms - refilled_ms_, kMsPerSecond * (burst_ - tokens_) / per_second_ + 1);
  const int64_t refill = elapsed_ms * per_second_ / kMsPerSecond;
  if (refill <= 0) return;
  Give(refill);
  refilled_ms_ = now_ms;
}

void TokenBucket::Charge(int64_t now_ms, int64_t tokens, int64_t debt_max) {
  Refill(now_ms);
  tokens_ = std::max(tokens_ - tokens, -debt_max);
}

int64_t TokenBucket::TakeUpTo(int64_t now_ms, int64_t tokens) {
  Refill(now_ms);
  const int64_t taken = std::clamp<int64_t>(tokens_, 0, tokens);
  tokens_ -= taken;
  return taken;
}

bool TokenBucket::Take(int64_t now_ms, int64_t tokens) {
  if (tokens_ < tokens) {
    Refill(now_ms);
    if (tokens_ < tokens) return false;
  } else if (tokens_ == burst_) {
    refilled_ms_ = now_ms;
  }
  tokens_ -= tokens;
  return true;
}

void TokenBucket::Give(int64_t tokens) { tokens_ = std::min(tokens_ + tokens, burst_); }

}  // namespace quorate::rpc
