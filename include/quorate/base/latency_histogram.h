#pragma once

// A histogram of durations with bounds that double, as etcd's are. Observing is a relaxed addition; any thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quorate::base {

template <size_t kBounds, int64_t kFirstNanoseconds>
class LatencyHistogram {
 public:
  static constexpr size_t bounds() { return kBounds; }
  static constexpr double BoundSeconds(size_t index) {
    return static_cast<double>(kFirstNanoseconds) * 1e-9 * static_cast<double>(uint64_t{1} << index);
  }

  void Observe(std::chrono::nanoseconds duration, uint64_t times = 1) {
    const int64_t nanoseconds = duration.count();
    size_t bucket = 0;
    while (bucket < kBounds && nanoseconds > kFirstNanoseconds << bucket) ++bucket;
    buckets_[bucket].fetch_add(times, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<uint64_t>(nanoseconds) * times, std::memory_order_relaxed);
  }
  // How many fell in the bucket alone; index kBounds is the one without a bound.
  uint64_t bucket(size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  uint64_t count() const {
    uint64_t count = 0;
    for (const auto& bucket : buckets_) count += bucket.load(std::memory_order_relaxed);
    return count;
  }
  double seconds() const { return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9; }

 private:
  std::array<std::atomic<uint64_t>, kBounds + 1> buckets_ = {};
  std::atomic<uint64_t> nanoseconds_{0};
};

}  // namespace quorate::base
