#include "quorate/base/duration.h"

#include <gtest/gtest.h>

namespace quorate::base {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, IsWrittenAsGoWritesIt) {
  EXPECT_EQ(FormatDuration(0ns), "0s");
  EXPECT_EQ(FormatDuration(1ns), "1ns");
  EXPECT_EQ(FormatDuration(1500ns), "1.5\xc2\xb5s");
  EXPECT_EQ(FormatDuration(4500us), "4.5ms");
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(1h), "1h0m0s");
  EXPECT_EQ(FormatDuration(-1500ms), "-1.5s");
}

TEST(DurationTest, IsReadToTheNanosecond) {
  EXPECT_EQ(ParseDuration("2562047h47m16.854775807s").duration, std::chrono::nanoseconds::max());
  EXPECT_EQ(ParseDuration("9223372036854775807ns").duration, std::chrono::nanoseconds::max());
  EXPECT_EQ(ParseDuration("0.000000000000000000000001h1ns").duration, 1ns);
  EXPECT_EQ(ParseDuration("-1.5h").duration, -90min);
}

TEST(DurationTest, WhatIsTooLongIsInvalidHoweverManyDigitsItHas) {
  using Problem = ParsedDuration::Problem;
  for (const std::string& text : {std::string("9223372036854775808ns"), std::string(6000, '9') + "s",
                                  std::string("2562047h47m16.854775808s"), std::string("9223372036854775807h")}) {
    EXPECT_EQ(ParseDuration(text).problem, Problem::kInvalid) << text;
  }
  EXPECT_EQ(ParseDuration("1").problem, Problem::kMissingUnit);
  EXPECT_EQ(ParseDuration("1.5hm").unit, "hm");
}

}  // namespace
}  // namespace quorate::base
