#pragma once

// How far writers may run ahead of those who listen. Any thread.

#include <atomic>
#include <cstdint>

namespace quorate::bench {

class Pace {
 public:
  // Writes that may be on their way at a time; UINT64_MAX for any number.
  explicit Pace(uint64_t ahead_max) : ahead_max_(ahead_max) {}

  // Counts one more write unless too many have not been heard.
  bool TryStart() {
    const uint64_t started = started_.load(std::memory_order_relaxed);
    if (started - heard_.load(std::memory_order_relaxed) >= ahead_max_) return false;
    started_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  bool holds_back() const { return ahead_max_ != UINT64_MAX; }
  uint64_t started() const { return started_.load(std::memory_order_relaxed); }
  void SetHeard(uint64_t writes) { heard_.store(writes, std::memory_order_relaxed); }

 private:
  const uint64_t ahead_max_;
  std::atomic<uint64_t> started_ = 0;
  // Writes whose events have all arrived.
  std::atomic<uint64_t> heard_ = 0;
};

}  // namespace quorate::bench
