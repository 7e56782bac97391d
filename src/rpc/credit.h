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
  void Earn(size_t bytes) { earned_ns_ = std::min(earned_ns_ + kAnswerNs + static_cast<int64_t>(bytes), kEarnedMaxNs); }
  // A longer turn may have been other threads', who took the processor: it is the WorkClock that tells then.
  static constexpr std::chrono::milliseconds kShortTurn{2};

  // The loop, which has so many connections, worked for it for so long. Returns what of that was not covered.
  std::chrono::nanoseconds Spend(int64_t now_ms, std::chrono::nanoseconds time, int64_t connections) {
    int64_t ns = std::min<int64_t>(time.count(), kTurnMaxNs);
    const int64_t earned = std::min(earned_ns_, ns);
    earned_ns_ -= earned;
    ns -= earned;
    share_ns_.SetRate(kSharedPerSecondNs / std::max(connections, kSharersMin));
    return std::chrono::nanoseconds(ns - share_ns_.TakeUpTo(now_ms, ns));
  }
  // It has had so many answers that it is likely to get some for what it sends next, too. A hundred are worth a few
  // turns, and who has long been there has had as many.
  bool is_good() const { return earned_ns_ >= 100 * kAnswerNs; }
  // What of the work at a flush is not paid by the bytes that went out. Answers have earned far more; but opened
  // windows and room for what waited may set off work of which nothing comes.
  static std::chrono::nanoseconds Unpaid(std::chrono::nanoseconds work, size_t written) {
    return std::max(work - kFlush - std::chrono::nanoseconds(written), std::chrono::nanoseconds(0));
  }

 private:
  // A system call and a few frames.
  static constexpr std::chrono::microseconds kFlush{10};
  // A Get takes 3 us of the loop, a kilobyte 0.3.
  static constexpr int64_t kAnswerNs = 50'000;
  static constexpr int64_t kEarnedMaxNs = 20'000'000;
  // A tenth of the time belongs to all of them alike: pings, window updates, a request that is refused. A hundredth is
  // the most for one, and nobody saves it.
  static constexpr int64_t kSharedPerSecondNs = 100'000'000;
  static constexpr int64_t kSharersMin = 10;
  static constexpr int64_t kShareMaxNs = 100'000;
  // For a single turn nobody pays more.
  static constexpr int64_t kTurnMaxNs = 1'000'000'000;

  int64_t earned_ns_ = 0;
  TokenBucket share_ns_{kShareMaxNs, kSharedPerSecondNs / kSharersMin};
};

}  // namespace quorate::rpc
