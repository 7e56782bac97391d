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
  // Of connections that may be read again: some at once, and one more each so many milliseconds.
  struct Releases {
    int64_t at_once;
    int64_t interval_ms;
  };
  struct Bounds {
    int64_t burst;
    int64_t per_second;
    int64_t debt_max;           // what was done beyond it is forgotten, so that nobody waits long for a burst
    Releases releases;          // a few at a time, so that a crowd does not come back at once
    Releases releases_in_debt;  // while others still do too much, so that nobody waits for ever on their account
  };

  explicit HoldOffs(const Bounds& bounds)
      : tokens_(bounds.burst, bounds.per_second),
        debt_max_(bounds.debt_max),
        releases_(kReleaseTokens * bounds.releases.at_once, kTokensPerSecond / bounds.releases.interval_ms),
        releases_in_debt_(kReleaseTokens * bounds.releases_in_debt.at_once,
                          kTokensPerSecond / bounds.releases_in_debt.interval_ms, 0) {}

  // So much was done. True: the connection that it was done for is to be held off.
  bool Note(int64_t now_ms, int64_t amount);
  // Who is held off waits for its turn.
  void HoldOff(uint64_t connection) { waiting_.push_back(connection); }
  // The next connection that may be read again, if any may now. Who is not there any more, as `is_there` tells, has no
  // turn.
  std::optional<uint64_t> Next(int64_t now_ms, absl::FunctionRef<bool(uint64_t connection)> is_there);
  bool anyone_waits() const { return !waiting_.empty(); }

 private:
  // As many that one a millisecond and one in many seconds are whole numbers a second.
  static constexpr int64_t kReleaseTokens = 1000;
  static constexpr int64_t kTokensPerSecond = 1000 * kReleaseTokens;

  TokenBucket tokens_;
  const int64_t debt_max_;
  TokenBucket releases_;
  TokenBucket releases_in_debt_;
  std::deque<uint64_t> waiting_;
};

// Calls that are refused, and KiB of them: reading one costs about as much as refusing a call. About a tenth of a core.
inline constexpr HoldOffs::Bounds kRefusals = {.burst = 50'000,
                                               .per_second = 25'000,
                                               .debt_max = 2'500,
                                               .releases = {.at_once = 32, .interval_ms = 1},
                                               .releases_in_debt = {.at_once = 1, .interval_ms = 10}};
// Nanoseconds that connections took beyond their credit: a twentieth of the loop's time, and an eightieth for those
// released in debt, if each has a whole read to work off.
inline constexpr HoldOffs::Bounds kOverdrafts = {.burst = 1'000'000,
                                                 .per_second = 50'000'000,
                                                 .debt_max = 10'000'000,
                                                 .releases = {.at_once = 32, .interval_ms = 1},
                                                 .releases_in_debt = {.at_once = 1, .interval_ms = 20}};
// The same of those that took more than a short turn beyond it, in an account of their own: each of them costs what
// many others do together, and those are not to wait for it. They come one by one, as each is likely to take as long
// again; a turn of 0.2 s is paid in two seconds.
inline constexpr HoldOffs::Bounds kLongOverdrafts = {.burst = 1'000'000,
                                                     .per_second = 100'000'000,
                                                     .debt_max = 1'000'000'000,
                                                     .releases = {.at_once = 1, .interval_ms = 10},
                                                     .releases_in_debt = {.at_once = 1, .interval_ms = 10'000}};

}  // namespace quorate::rpc
