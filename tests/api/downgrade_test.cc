#include "src/api/downgrade.h"

#include <gtest/gtest.h>

namespace quorate::api {
namespace {

std::string Target(std::string_view version) { return ParseDowngradeTarget(version).value_or("wrong"); }

TEST(DowngradeTest, AVersionHasTwoOrThreeNumbers) {
  EXPECT_EQ(Target("3.6"), "3.6.0");
  EXPECT_EQ(Target("3.6.0"), "3.6.0");
  EXPECT_EQ(Target("3.6.5"), "3.6.0");
  EXPECT_EQ(Target("03.6.0"), "3.6.0");
  EXPECT_EQ(Target("3.6.0-rc.1+x"), "3.6.0");
  for (const char* version : {"", "x", "3", "v3.6", "3.6-rc.1", " 3.6.0", "3.6.0.1", "3.-6.0", "3.6.+1", "+3.6.1",
                              "3.6.0-rc_1", "3..0", "99999999999999999999.6"}) {
    EXPECT_EQ(Target(version), "wrong") << version;
  }
}

TEST(DowngradeTest, OneMinorVersionDownIsValid) {
  EXPECT_TRUE(IsValidDowngrade("3.7.0", "3.6.0"));
  EXPECT_FALSE(IsValidDowngrade("3.7.0", "3.7.0"));
  EXPECT_FALSE(IsValidDowngrade("3.7.0", "3.5.0"));
  EXPECT_FALSE(IsValidDowngrade("3.7.0", "2.6.0"));
}

}  // namespace
}  // namespace quorate::api
