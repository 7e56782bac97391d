#include "tests/seeded/seeds.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace quorate {
namespace {

std::pair<uint64_t, uint64_t> SeedsGiven(const char* environment) {
  setenv("QUORATE_SEED", environment, /*overwrite=*/1);
  const auto [first, last] = Seeds(8);
  return {first, last};
}

TEST(Seeds, AreTheUsualOnesUnlessTheEnvironmentNamesOthers) {
  unsetenv("QUORATE_SEED");
  const auto [first, last] = Seeds(8);
  EXPECT_EQ(std::pair(first, last), std::pair(uint64_t{1}, uint64_t{8}));
  EXPECT_EQ(SeedsGiven("20"), std::pair(uint64_t{20}, uint64_t{27}));
  EXPECT_EQ(SeedsGiven("20-25"), std::pair(uint64_t{20}, uint64_t{25}));
}

}  // namespace
}  // namespace quorate
