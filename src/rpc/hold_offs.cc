#include "src/rpc/hold_offs.h"

namespace quorate::rpc {

bool HoldOffs::Note(int64_t now_ms, int64_t amount) {
  tokens_.Charge(now_ms, amount, debt_max_);
  return tokens_.owes(now_ms);
}

std::optional<uint64_t> HoldOffs::Next(int64_t now_ms, absl::FunctionRef<bool(uint64_t connection)> is_there) {
  while (!waiting_.empty() && !is_there(waiting_.front())) waiting_.pop_front();
  if (waiting_.empty()) return std::nullopt;
  TokenBucket& releases = tokens_.owes(now_ms) ? releases_in_debt_ : releases_;
  if (!releases.Take(now_ms, kReleaseTokens)) return std::nullopt;
  const uint64_t next = waiting_.front();
  waiting_.pop_front();
  return next;
}

}  // namespace quorate::rpc
