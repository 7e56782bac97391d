#pragma once

// What a connection may take of its loop's time. Answers earn it, far more than they cost; floods of frames, header
// blocks that are unpacked for nothing and requests that come to nothing earn none, whatever they are made of. Who
// takes more than it has is served in the small part of the time that the loop keeps for that (hold_offs.h).

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "src/rpc/token_bucket.h"

namespace quorate::rpc {

// One connection's. Loop thread only.
class Credit {
 public:
  // A message was sent, or a whole one of so many bytes received that led to one.
  void Earn(size_t bytes) { left_ns_.Give(kAnswerNs + static_cast<int64_t>(bytes)); }
  // A longer turn may have been other threads', who took the processor: it is the WorkClock that tells then.
  static constexpr std::chrono::milliseconds kShortTurn{2};

  // The loop worked for it for so long. Returns what of that was not covered.
  std::chrono::nanoseconds Spend(int64_t now_ms, std::chrono::nanoseconds time) {
    const int64_t ns = std::min<int64_t>(time.count(), kTurnMaxNs);
    return std::chrono::nanoseconds(ns - left_ns_.TakeUpTo(now_ms, ns));
  }

 private:
  // A Get takes 3 us of the loop, a kilobyte 0.3.
  static constexpr int64_t kAnswerNs = 50'000;
  static constexpr int64_t kMaxNs = 20'000'000;
  // A hundredth of the time belongs to everybody: pings, window updates, a request that is refused.
  static constexpr int64_t kPerSecondNs = 10'000'000;
  static constexpr int64_t kFirstNs = 100'000;
  // For a single turn nobody pays more.
  static constexpr int64_t kTurnMaxNs = 1'000'000'000;

  TokenBucket left_ns_{kMaxNs, kPerSecondNs, kFirstNs};
};

}  // namespace quorate::rpc
