#pragma once

// Counts of latencies in log-linear buckets: every power of two is cut into kSubBuckets equal parts, so a percentile is
// right within 1/kSubBuckets of its value whatever its size. Not thread-safe: one per thread, merged at the end.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::bench {

class Histogram {
 public:
  Histogram();

  // Values above kValueMax are counted as kValueMax; negative ones as 0.
  void Record(int64_t value);
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }
  int64_t max() const { return max_; }
  double Mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // The smallest recorded value, to the bucket's precision, that `percent` of all values do not exceed. 0 when empty.
  int64_t Percentile(double percent) const;

 private:
  static constexpr int kSubBucketBits = 7;
  static constexpr int64_t kSubBuckets = 1 << kSubBucketBits;
  // In nanoseconds, 18 minutes.
  static constexpr int kValueBitsMax = 40;
  static constexpr int64_t kValueMax = (int64_t{1} << kValueBitsMax) - 1;

  static size_t BucketOf(int64_t value);
  static int64_t HighestOf(size_t bucket);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  double sum_ = 0;
  int64_t max_ = 0;
};

}  // namespace quorate::bench
