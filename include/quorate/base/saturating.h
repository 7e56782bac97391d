#pragma once

// Sums that stop at the end of their range instead of beginning anew at the other one: what users give may be anything
// that can be written down.

#include <chrono>
#include <cstdint>
#include <limits>

namespace quorate::base {

// The first term is not negative.
template <typename Number>
constexpr Number SaturatingSum(Number a, Number b) {
  constexpr Number kMost = std::numeric_limits<Number>::max();
  return b > kMost - a ? kMost : static_cast<Number>(a + b);
}
constexpr std::chrono::nanoseconds SaturatingSum(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  return std::chrono::nanoseconds(SaturatingSum(a.count(), b.count()));
}

// The moment so long after another; the clock's last one if it does not go as far.
template <typename Clock>
std::chrono::time_point<Clock, std::chrono::nanoseconds> Later(
    std::chrono::time_point<Clock, std::chrono::nanoseconds> from, std::chrono::nanoseconds by) {
  return std::chrono::time_point<Clock, std::chrono::nanoseconds>(SaturatingSum(from.time_since_epoch(), by));
}

// So many seconds, not negative, of which a server or a user may name more than nanoseconds can tell.
constexpr std::chrono::nanoseconds Seconds(int64_t seconds) {
  using std::chrono::nanoseconds;
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::seconds>(nanoseconds::max());
  return seconds > kMost.count() ? nanoseconds::max() : nanoseconds(std::chrono::seconds(seconds));
}

}  // namespace quorate::base
