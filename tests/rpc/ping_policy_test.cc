#include "src/rpc/ping_policy.h"

#include <gtest/gtest.h>

#include <chrono>

namespace quorate::rpc {
namespace {

TEST(PingPolicyTest, TwoStrikesAreForgivenTheThirdIsNot) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  int64_t now = 0;
  EXPECT_TRUE(policy.OnPing(now, true));
  EXPECT_TRUE(policy.OnPing(now += 100, true));
  EXPECT_TRUE(policy.OnPing(now += 100, true));
  EXPECT_FALSE(policy.OnPing(now += 100, true));
}

TEST(PingPolicyTest, KubernetesPingsAreFine) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  for (int64_t now = 0; now < 24 * 3600 * 1000; now += 30 * 1000) ASSERT_TRUE(policy.OnPing(now, true));
}

TEST(PingPolicyTest, AnAnswerForgives) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  for (int64_t now = 0; now < 1000; ++now) {
    if (now % 3 == 0) policy.OnAnswerSent();
    ASSERT_TRUE(policy.OnPing(now, true));
  }
}

TEST(PingPolicyTest, WithoutCallsPingsAreNotExpectedAtAll) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  EXPECT_TRUE(policy.OnPing(0, false));
  EXPECT_TRUE(policy.OnPing(30'000, false));
  EXPECT_TRUE(policy.OnPing(60'000, false));
  EXPECT_FALSE(policy.OnPing(90'000, false));
}

}  // namespace
}  // namespace quorate::rpc
