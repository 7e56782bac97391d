#include "quorate/base/saturating.h"

#include <gtest/gtest.h>

namespace quorate::base {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

TEST(SaturatingTest, SumsStopAtTheEndOfTheirRange) {
  EXPECT_EQ(SaturatingSum<uint64_t>(UINT64_MAX - 1, 1), UINT64_MAX);
  EXPECT_EQ(SaturatingSum<uint64_t>(2, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(SaturatingSum<int64_t>(5, -7), -2);
  EXPECT_EQ(SaturatingSum(1ns, nanoseconds::max()), nanoseconds::max());
}

TEST(SaturatingTest, NoMomentIsLaterThanTheClocksLast) {
  const Clock::time_point now = Clock::now();
  EXPECT_EQ(Later(now, 5s), now + 5s);
  EXPECT_EQ(Later(now, -5s), now - 5s);
  EXPECT_EQ(Later(now, nanoseconds::max()), Clock::time_point::max());
}

TEST(SaturatingTest, SecondsBeyondAllNanosecondsAreTheMost) {
  EXPECT_EQ(Seconds(9'000'000'000), 9'000'000'000s);
  EXPECT_EQ(Seconds(INT64_MAX), nanoseconds::max());
}

}  // namespace
}  // namespace quorate::base
