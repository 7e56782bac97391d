#include "src/rpc/refusals.h"

namespace quorate::rpc {

bool Refusals::Note(int64_t now_ms, size_t message_bytes) {
  tokens_.Charge(now_ms, 1 + static_cast<int64_t>(message_bytes / kBytesPerToken), kDebtMax);
  return tokens_.owes(now_ms);
}

std::optional<uint64_t> Refusals::Next(int64_t now_ms) {
  if (waiting_.empty() || tokens_.owes(now_ms) || !turns_.Take(now_ms)) return std::nullopt;
  const uint64_t next = waiting_.front();
  waiting_.pop_front();
  return next;
}

}  // namespace quorate::rpc
