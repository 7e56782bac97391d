#include "src/bench/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace quorate::bench {
namespace {

// Buckets are 1/128 of their value wide.
constexpr double kPrecision = 1.0 / 128;

TEST(Histogram, EmptyAnswersZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.Percentile(99), 0);
  EXPECT_EQ(histogram.Mean(), 0);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int64_t value = 1; value <= 100; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(50), 50);
  EXPECT_EQ(histogram.Percentile(99), 99);
  EXPECT_EQ(histogram.Percentile(100), 100);
  EXPECT_DOUBLE_EQ(histogram.Mean(), 50.5);
}

TEST(Histogram, EveryValueIsFoundAgainWithinItsPrecision) {
  for (int64_t value = 1; value < int64_t{1} << 39; value = value * 5 / 4 + 1) {
    Histogram histogram;
    histogram.Record(value);
    // One larger value, so that the maximum does not cap the bucket's upper end.
    histogram.Record(value * 2);
    const double found = static_cast<double>(histogram.Percentile(50));
    EXPECT_GE(found, static_cast<double>(value));
    EXPECT_LE(found, static_cast<double>(value) * (1 + kPrecision)) << value;
  }
}

TEST(Histogram, ValuesOutOfBoundsAreCountedAtTheBounds) {
  Histogram histogram;
  histogram.Record(-5);
  histogram.Record(INT64_MAX);
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_EQ(histogram.max(), (int64_t{1} << 40) - 1);
}

TEST(Histogram, MergedCountsAsIfRecordedTogether) {
  Histogram low;
  Histogram high;
  for (int64_t value = 0; value < 90; ++value) low.Record(10);
  for (int64_t value = 0; value < 10; ++value) high.Record(1000);
  low.Merge(high);
  EXPECT_EQ(low.count(), 100u);
  EXPECT_EQ(low.Percentile(90), 10);
  EXPECT_NEAR(static_cast<double>(low.Percentile(91)), 1000, 1000 * kPrecision);
  EXPECT_EQ(low.max(), 1000);
}

}  // namespace
}  // namespace quorate::bench
