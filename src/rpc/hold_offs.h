#pragma once

// What a loop gives its time to without getting anywhere, and whom it does not read for a while because of it: a client
// that makes more of it at once would else keep the loop, and the client's own processor with it, at the expense of
// what is served. What is not read waits in the sockets, and holds up nobody else.

#include <cstdint>
#include <deque>
#include <optional>

#include "absl/functional/function_ref.h"
#include "src/rpc/token_bucket.h"

namespace quorate::rpc {

// One loop's, of one kind of such work. Loop thread only.
class HoldOffs {
 public:
  struct Bounds {
    int64_t burst;
    int64_t per_second;
    int64_t debt_max;  // what was done beyond it is forgotten, so that nobody waits long for a burst
  };

  explicit HoldOffs(const Bounds& bounds) : tokens_(bounds.burst, bounds.per_second), debt_max_(bounds.debt_max) {}

  // So much was done. True: the connection that it was done for is to be held off.
  bool Note(int64_t now_ms, int64_t amount);
  // Who is held off waits for its turn.
  void HoldOff(uint64_t connection) { waiting_.push_back(connection); }
  // The next connection that may be read again: one for each millisecond, so that a crowd does not come back at once,
  // and some while others still do too much, so that nobody waits for ever on their account. Who is not there any more,
  // as `is_there` tells, has no turn.
  std::optional<uint64_t> Next(int64_t now_ms, absl::FunctionRef<bool(uint64_t connection)> is_there);
  bool anyone_waits() const { return !waiting_.empty(); }

 private:
  static constexpr int64_t kReleasesMax = 32;
  static constexpr int64_t kReleasesPerSecond = 1000;
  // A fortieth of the loop's time, if each has a whole read to work off.
  static constexpr int64_t kReleasesInDebtPerSecond = 100;

  TokenBucket tokens_;
  const int64_t debt_max_;
  TokenBucket releases_{kReleasesMax, kReleasesPerSecond};
  TokenBucket releases_in_debt_{1, kReleasesInDebtPerSecond, 0};
  std::deque<uint64_t> waiting_;
};

// Calls that are refused, and KiB of them: reading one costs about as much as refusing a call. About a tenth of a core.
inline constexpr HoldOffs::Bounds kRefusals = {.burst = 50'000, .per_second = 25'000, .debt_max = 2'500};
// Nanoseconds that connections took beyond their credit: a tenth of the loop's time.
inline constexpr HoldOffs::Bounds kOverdrafts = {.burst = 1'000'000, .per_second = 100'000'000, .debt_max = 10'000'000};

}  // namespace quorate::rpc
