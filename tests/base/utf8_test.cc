#include "quorate/base/utf8.h"

#include <gtest/gtest.h>

namespace quorate::base {
namespace {

TEST(IsUtf8Test, KnowsWellFormedText) {
  for (const char* text : {"", "3.7.1", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  // A lone continuation, cut short, overlong, a surrogate, above the last code point.
  for (const char* text : {"\x80", "a\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

}  // namespace
}  // namespace quorate::base
