#include "src/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quorate::bench {

Histogram::Histogram() : buckets_(BucketOf(kValueMax) + 1, 0) {}

void Histogram::Record(int64_t value) {
  value = std::clamp<int64_t>(value, 0, kValueMax);
  ++buckets_[BucketOf(value)];
  ++count_;
  sum_ += static_cast<double>(value);
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(static_cast<double>(count_) * percent / 100.0);
  const uint64_t rank = std::clamp<uint64_t>(static_cast<uint64_t>(wanted), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(HighestOf(i), max_);
  }
  return max_;
}

// Values below 2 * kSubBuckets have a bucket of their own; above, the top kSubBucketBits + 1 bits choose it.
size_t Histogram::BucketOf(int64_t value) {
  const int width = std::bit_width(static_cast<uint64_t>(value));
  const int shift = std::max(0, width - kSubBucketBits - 1);
  return static_cast<size_t>(shift) * kSubBuckets + static_cast<size_t>(value >> shift);
}

int64_t Histogram::HighestOf(size_t bucket) {
  if (bucket < 2 * kSubBuckets) return static_cast<int64_t>(bucket);
  const int64_t shift = static_cast<int64_t>(bucket) / kSubBuckets - 1;
  const int64_t top = static_cast<int64_t>(bucket) - shift * kSubBuckets;
  return ((top + 1) << shift) - 1;
}

}  // namespace quorate::bench
