#pragma once

#include <atomic>
#include <cstdint>

namespace quorate::lease {

// Ids for leases whose clients choose none: positive, and never the same again, over restarts and members: the member's
// low 15 bits, 40 bits of the wall clock in milliseconds at start, and a counter that runs on from there. (A clock set
// back between two starts could repeat one; granting it again fails while the first is there.) Any thread.
class IdGenerator {
 public:
  IdGenerator(uint64_t member_id, int64_t wall_ms)
      : prefix_((member_id & kMemberMask) << (kClockBits + kCounterBits)),
        next_((static_cast<uint64_t>(wall_ms) << kCounterBits) + 1) {}

  int64_t Next() {
    const uint64_t suffix = next_.fetch_add(1, std::memory_order_relaxed) & kSuffixMask;
    return static_cast<int64_t>(prefix_ | suffix);
  }

 private:
  static constexpr int kClockBits = 40;
  static constexpr int kCounterBits = 8;
  static constexpr uint64_t kMemberMask = 0x7fff;
  static constexpr uint64_t kSuffixMask = (uint64_t{1} << (kClockBits + kCounterBits)) - 1;

  const uint64_t prefix_;
  std::atomic<uint64_t> next_;
};

}  // namespace quorate::lease
