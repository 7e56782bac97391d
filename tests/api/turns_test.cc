#include "src/api/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace quorate::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TurnsTest : public testing::Test {
 protected:
  static constexpr int kAtATime = 2, kWaitingMax = 3;

  // Enters so many, who are told of their turns as 0, 1, ...
  TurnsTest() {
    for (int i = 0; i < kAtATime + kWaitingMax; ++i) {
      entered_.push_back(turns_.Enter());
      EXPECT_EQ(entered_.back()->HasCome([this, i] { come_.push_back(i); }), i < kAtATime);
    }
  }

  Turns turns_{kAtATime, kWaitingMax};
  std::vector<int> come_;
  std::vector<std::unique_ptr<Turns::Turn>> entered_;
};

TEST_F(TurnsTest, TheyComeInOrderAsOthersLeave) {
  EXPECT_THAT(come_, IsEmpty());
  entered_[1].reset();
  EXPECT_THAT(come_, ElementsAre(2));
  entered_[2].reset();
  entered_[0].reset();
  EXPECT_THAT(come_, ElementsAre(2, 3, 4));
}

TEST_F(TurnsTest, WhoLeavesWhileItWaitsIsPassedOver) {
  entered_[2].reset();
  EXPECT_THAT(come_, IsEmpty());
  entered_[0].reset();
  EXPECT_THAT(come_, ElementsAre(3));
}

TEST_F(TurnsTest, NoMoreThanSoManyWait) {
  EXPECT_EQ(turns_.Enter(), nullptr);
  entered_[3].reset();
  entered_.push_back(turns_.Enter());
  ASSERT_NE(entered_.back(), nullptr);
  EXPECT_EQ(turns_.Enter(), nullptr);
  // What came meanwhile is told to who asks.
  for (int i = 0; i < kAtATime + kWaitingMax; ++i) entered_[static_cast<size_t>(i)].reset();
  EXPECT_TRUE(entered_.back()->HasCome(nullptr));
  EXPECT_TRUE(turns_.Enter()->HasCome(nullptr));
}

}  // namespace
}  // namespace quorate::api
