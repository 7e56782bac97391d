#include "src/rpc/ping_policy.h"

#include <utility>

namespace quorate::rpc {

bool PingPolicy::OnPing(int64_t now_ms, bool has_streams) {
  const int64_t last_ms = std::exchange(last_ms_, now_ms);
  if (std::exchange(forgiven_, false)) {
    strikes_ = 0;
    return true;
  }
  if (now_ms - last_ms < (has_streams ? time_min_ms_ : kIdleMs)) ++strikes_;
  return strikes_ <= kStrikesMax;
}

}  // namespace quorate::rpc
