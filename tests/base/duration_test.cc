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

}  // namespace
}  // namespace quorate::base
