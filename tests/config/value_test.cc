#include "src/config/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace quorate::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(ParseBoolTest, TakesGosSpellingsAndNoOthers) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) EXPECT_TRUE(*ParseBool(yes)) << yes;
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) EXPECT_FALSE(*ParseBool(no)) << no;
  for (const char* bad : {"", "yes", "tRUE", "on", "2", " true"}) EXPECT_FALSE(ParseBool(bad).ok()) << bad;
}

TEST(ParseUintTest, TakesGosIntegerNotations) {
  EXPECT_EQ(*ParseUint("0", 64), 0u);
  EXPECT_EQ(*ParseUint("10000", 64), 10000u);
  EXPECT_EQ(*ParseUint("0x1F", 64), 31u);
  EXPECT_EQ(*ParseUint("0b101", 64), 5u);
  EXPECT_EQ(*ParseUint("0o17", 64), 15u);
  EXPECT_EQ(*ParseUint("017", 64), 15u);
  EXPECT_EQ(*ParseUint("1_000", 64), 1000u);
  EXPECT_EQ(*ParseUint("0x_ff", 64), 255u);
  EXPECT_EQ(*ParseUint("18446744073709551615", 64), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(*ParseUint("4294967295", 32), 4294967295u);
}

TEST(ParseUintTest, RefusesWhatGoRefuses) {
  for (const char* bad : {"", "-1", "+1", "x", "1x", "08", "0x", "_1", "1_", "1__0", "1.5", " 1",
                          "18446744073709551616", "99999999999999999999999999999999999999999999"}) {
    EXPECT_FALSE(ParseUint(bad, 64).ok()) << bad;
  }
  EXPECT_FALSE(ParseUint("4294967296", 32).ok());
}

TEST(ParseInt64Test, TakesSignsAndBothEnds) {
  EXPECT_EQ(*ParseInt64("-1"), -1);
  EXPECT_EQ(*ParseInt64("+7"), 7);
  EXPECT_EQ(*ParseInt64("-0x10"), -16);
  EXPECT_EQ(*ParseInt64("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*ParseInt64("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  for (const char* bad : {"", "-", "--1", "9223372036854775808", "-9223372036854775809"}) {
    EXPECT_FALSE(ParseInt64(bad).ok()) << bad;
  }
}

TEST(ParseDurationTest, TakesGosNotation) {
  EXPECT_EQ(*ParseDuration("0"), 0ns);
  EXPECT_EQ(*ParseDuration("100ms"), 100ms);
  EXPECT_EQ(*ParseDuration("1h0m0s"), 1h);
  EXPECT_EQ(*ParseDuration("1h30m"), 90min);
  EXPECT_EQ(*ParseDuration("1.5s"), 1500ms);
  EXPECT_EQ(*ParseDuration(".5s"), 500ms);
  EXPECT_EQ(*ParseDuration("1.s"), 1s);
  EXPECT_EQ(*ParseDuration("-2s"), -2s);
  EXPECT_EQ(*ParseDuration("+2s"), 2s);
  EXPECT_EQ(*ParseDuration("1us"), 1us);
  EXPECT_EQ(*ParseDuration("1µs"), 1us);
  EXPECT_EQ(*ParseDuration("1μs"), 1us);
  EXPECT_EQ(*ParseDuration("3ns"), 3ns);
  EXPECT_EQ(*ParseDuration("2562047h47m16.854775807s"), nanoseconds::max());
}

TEST(ParseDurationTest, RefusesWhatGoRefuses) {
  for (const char* bad : {"", "5", "s", ".s", "1d", "1 s", "-", "1s2", "2562047h47m16.854775808s", "9999999999999h",
                          "99999999999999999999999999999999999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
}

TEST(ParseValueTest, ListsAreSortedWithEachPartOnce) {
  using List = std::vector<std::string>;
  EXPECT_EQ(std::get<List>(*ParseValue(FlagType::kStrings, "b,a,b")), (List{"a", "b"}));
  EXPECT_EQ(std::get<List>(*ParseValue(FlagType::kStrings, "")), List{});
  EXPECT_EQ(std::get<List>(*ParseValue(FlagType::kUrls, "http://b:2, http://a:1,http://b:2")),
            (List{"http://a:1", "http://b:2"}));
}

}  // namespace
}  // namespace quorate::config
