#include "src/rpc/refusals.h"

#include <algorithm>

namespace quorate::rpc {

void Refusals::Refill(int64_t now_ms) {
  constexpr int64_t kMsPerSecond = 1000;
  const int64_t elapsed_ms = std::min(now_ms - refilled_ms_, kMsPerSecond);
  if (elapsed_ms <= 0) return;
  refilled_ms_ = now_ms;
  turns_ = std::min(turns_ + elapsed_ms, kTurnsMax);
  tokens_ = std::min(tokens_ + elapsed_ms * kPerSecond / kMsPerSecond, kBurst);
}

bool Refusals::Note(int64_t now_ms, size_t message_bytes) {
  Refill(now_ms);
  tokens_ = std::max(tokens_ - 1 - static_cast<int64_t>(message_bytes / kBytesPerToken), -kDebtMax);
  return tokens_ < 0;
}

std::optional<uint64_t> Refusals::Next(int64_t now_ms) {
  if (waiting_.empty()) return std::nullopt;
  Refill(now_ms);
  if (tokens_ < 0 || turns_ == 0) return std::nullopt;
  --turns_;
  const uint64_t next = waiting_.front();
  waiting_.pop_front();
  return next;
}

}  // namespace quorate::rpc
