#include "quorate/tool/values.h"

#include <gtest/gtest.h>

namespace quorate::tool {
namespace {

template <typename T>
std::string ErrorOf(const absl::StatusOr<T>& result) {
  return std::string(base::MessageOf(result.status()));
}

TEST(Numbers, TakeTheBaseFromThePrefix) {
  EXPECT_EQ(*ParseInt("0x10", 0), 16);
  EXPECT_EQ(*ParseInt("0b101", 0), 5);
  EXPECT_EQ(*ParseInt("010", 0), 8);
  EXPECT_EQ(*ParseInt("0o10", 0), 8);
  EXPECT_EQ(*ParseInt("0", 0), 0);
  EXPECT_EQ(*ParseInt("-1_000", 0), -1000);
  EXPECT_EQ(*ParseInt("+7", 10), 7);
  EXPECT_EQ(*ParseInt("694d8e", 16), 0x694d8e);
}

TEST(Numbers, ReachTheEndsOfTheirRange) {
  EXPECT_EQ(*ParseInt("-9223372036854775808", 10), INT64_MIN);
  EXPECT_EQ(*ParseInt("9223372036854775807", 10), INT64_MAX);
  EXPECT_EQ(*ParseUint("ffffffffffffffff", 16), UINT64_MAX);
  EXPECT_EQ(ErrorOf(ParseInt("9223372036854775808", 10)),
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
  EXPECT_EQ(ErrorOf(ParseUint("10000000000000000", 16)),
            "strconv.ParseUint: parsing \"10000000000000000\": value out of range");
}

TEST(Numbers, NameWhatTheyCannotRead) {
  for (const char* text : {"", "x", "-", "1 ", "0x", "1__0", "_1", "1_", "08"}) {
    EXPECT_EQ(ErrorOf(ParseInt(text, 0)), "strconv.ParseInt: parsing " + Quote(text) + ": invalid syntax");
  }
  EXPECT_EQ(ErrorOf(ParseInt("1_0", 10)), "strconv.ParseInt: parsing \"1_0\": invalid syntax");
  EXPECT_EQ(ErrorOf(ParseUint("-1", 16)), "strconv.ParseUint: parsing \"-1\": invalid syntax");
  EXPECT_EQ(ErrorOf(ParseBool("yes")), "strconv.ParseBool: parsing \"yes\": invalid syntax");
}

TEST(Numbers, AreShownInHexAsEtcdctlShowsThem) {
  EXPECT_EQ(Hex(0x48276a8f75b6a87), "48276a8f75b6a87");
  EXPECT_EQ(PaddedHex(0x77), "0000000000000077");
  EXPECT_EQ(EscapeHex(std::string("a\0\xff", 3)), "\\x61\\x00\\xff");
}

TEST(Durations, AddUpTheirParts) {
  EXPECT_EQ(*ParseDuration("1h2m3s4ms5us6ns"), Duration(3723004005006));
  EXPECT_EQ(*ParseDuration("1.5s"), std::chrono::milliseconds(1500));
  EXPECT_EQ(*ParseDuration(".5m"), std::chrono::seconds(30));
  EXPECT_EQ(*ParseDuration("-2s"), std::chrono::seconds(-2));
  EXPECT_EQ(*ParseDuration("0"), Duration(0));
  EXPECT_EQ(*ParseDuration("1\xc2\xb5s"), std::chrono::microseconds(1));
}

TEST(Durations, NameWhatTheyCannotRead) {
  EXPECT_EQ(ErrorOf(ParseDuration("")), "time: invalid duration \"\"");
  EXPECT_EQ(ErrorOf(ParseDuration("x")), "time: invalid duration \"x\"");
  EXPECT_EQ(ErrorOf(ParseDuration("1")), "time: missing unit in duration \"1\"");
  EXPECT_EQ(ErrorOf(ParseDuration("1x")), "time: unknown unit \"x\" in duration \"1x\"");
}

TEST(Durations, AreExactOrRefusedWhateverTheyAreMadeOf) {
  EXPECT_EQ(*ParseDuration("9223372036854775807ns"), Duration::max());
  const std::string endless = std::string(6000, '9') + "s";
  EXPECT_EQ(ErrorOf(ParseDuration(endless)), "time: invalid duration \"" + endless + "\"");
}

TEST(Durations, AreShownInTheirShortestForm) {
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  EXPECT_EQ(FormatDuration(Duration(999)), "999ns");
  EXPECT_EQ(FormatDuration(Duration(1500)), "1.5\xc2\xb5s");
  EXPECT_EQ(FormatDuration(Duration(4354027)), "4.354027ms");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(5)), "5s");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(3660)), "1h1m0s");
  EXPECT_EQ(FormatDuration(-std::chrono::milliseconds(1500)), "-1.5s");
}

TEST(Bytes, AreShownInDecimalUnits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(9), "9 B");
  EXPECT_EQ(FormatBytes(20480), "20 kB");
  EXPECT_EQ(FormatBytes(2147483648), "2.1 GB");
  EXPECT_EQ(FormatBytes(999999), "1000 kB");
}

TEST(Quoting, EscapesWhatCannotBeShown) {
  EXPECT_EQ(Quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(Quote("\a\b\f\n\r\t\v"), "\"\\a\\b\\f\\n\\r\\t\\v\"");
  EXPECT_EQ(Quote(std::string("\0\x7f", 2)), "\"\\x00\\x7f\"");
  EXPECT_EQ(Quote("\xc3\xa9\xff\t"), "\"\xc3\xa9\\xff\\t\"");
  EXPECT_EQ(Quote("\xe2\x80\xa8\xc2\xa0"), "\"\\u2028\\u00a0\"");
  EXPECT_EQ(Quote("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
  EXPECT_EQ(Quote("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"");
}

TEST(Quoting, IsUndone) {
  EXPECT_EQ(*Unquote("\"\\x61\\u00e9\\377\\n\\\"\""), "a\xc3\xa9\xff\n\"");
  EXPECT_EQ(*Unquote("`a\\n`"), "a\\n");
  for (const char* text :
       {"", "\"", "a", "\"a", "'a'", "\"\\q\"", "\"\\x6\"", "\"\\400\"", "\"a\"b\"", "\"\\ud800\""}) {
    EXPECT_EQ(ErrorOf(Unquote(text)), "invalid syntax") << text;
  }
}

TEST(Lists, SplitAtCommas) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(*ParseList(""), Strings{});
  EXPECT_EQ(*ParseList("a"), Strings{"a"});
  EXPECT_EQ(*ParseList("a, b,"), (Strings{"a", " b", ""}));
  EXPECT_EQ(*ParseList("\"a,\"\"b\",c"), (Strings{"a,\"b", "c"}));
  EXPECT_EQ(ErrorOf(ParseList("a\"b,c")), "parse error on line 1, column 2: bare \" in non-quoted-field");
  EXPECT_EQ(ErrorOf(ParseList("\"a,c")), "parse error on line 1, column 5: extraneous or missing \" in quoted-field");
}

}  // namespace
}  // namespace quorate::tool
