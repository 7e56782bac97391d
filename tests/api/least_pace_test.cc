#include "src/api/least_pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace quorate::api {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds kRound{10'000};
constexpr int64_t kLeastInRound = LeastPace::kBytesPerSecond * 10;

// Rounds until it is not kept, at so many bytes in each; none when it is for an hour.
std::optional<int> RoundsKept(int64_t bytes_in_round) {
  LeastPace pace(kRound);
  for (int round = 1; round < 360; ++round) {
    if (!pace.IsKept(round * bytes_in_round, /*waited=*/false)) return round;
  }
  return std::nullopt;
}

TEST(LeastPaceTest, ALineThatIsSlowIsQuickEnough) {
  EXPECT_EQ(RoundsKept(10 << 20), std::nullopt) << "1 MiB a second";
  EXPECT_EQ(RoundsKept(kLeastInRound), std::nullopt);
  EXPECT_EQ(RoundsKept(kLeastInRound / 2), LeastPace::kRounds);
  EXPECT_EQ(RoundsKept(0), LeastPace::kRounds);
}

TEST(LeastPaceTest, AClientMayStandStillForLessThanAMinute) {
  LeastPace pace(kRound);
  int64_t taken = 0;
  for (int round = 1; round < 100; ++round) {
    if (round % (LeastPace::kRounds - 1) == 0) taken += LeastPace::kRounds * kLeastInRound;
    EXPECT_TRUE(pace.IsKept(taken, false)) << round;
  }
}

TEST(LeastPaceTest, WhoWaitsForMoreIsNotSlow) {
  LeastPace pace(kRound);
  for (int round = 1; round < 100; ++round) EXPECT_TRUE(pace.IsKept(0, round % 3 == 0)) << round;
}

class PaceRoundsTest : public testing::Test {
 protected:
  class Answer : public KeepsPace {
   public:
    Answer(PaceRoundsTest* test, int name) : test_(test), name_(name), place_(test->rounds_.Add(this, test->now_)) {}
    void OnPaceLook() override {
      test_->told_.push_back(name_);
      if (leaves) test_->rounds_.Remove(place_);
    }
    bool leaves = false;

   private:
    PaceRoundsTest* const test_;
    const int name_;
    const PaceRounds::Place place_;
  };

  std::vector<int> Look(milliseconds later) {
    told_.clear();
    now_ += later;
    rounds_.Look(now_);
    return told_;
  }

  PaceRounds::Clock::time_point now_{};
  std::vector<int> told_;
  std::vector<milliseconds> delays_;
  PaceRounds rounds_{kRound, [this](milliseconds delay, std::function<void()>) { delays_.push_back(delay); }};
};

TEST_F(PaceRoundsTest, EachIsToldOnceInARoundOfItsOwn) {
  Answer first(this, 1);
  EXPECT_THAT(Look(kRound / 2), IsEmpty());
  Answer second(this, 2);
  EXPECT_THAT(Look(kRound / 2), ElementsAre(1));
  EXPECT_THAT(Look(milliseconds(1)), IsEmpty());
  EXPECT_THAT(Look(kRound / 2), ElementsAre(2));
  EXPECT_THAT(Look(kRound / 2), ElementsAre(1));
  EXPECT_THAT(delays_, ElementsAre(kRound / 10));
}

TEST_F(PaceRoundsTest, OneMayLeaveWhenItIsTold) {
  Answer first(this, 1);
  first.leaves = true;
  EXPECT_THAT(Look(kRound), ElementsAre(1));
  EXPECT_THAT(Look(2 * kRound), IsEmpty());
}

TEST_F(PaceRoundsTest, ACrowdIsNotToldAtOnce) {
  std::vector<std::unique_ptr<Answer>> crowd;
  for (int i = 0; i < 1000; ++i) crowd.push_back(std::make_unique<Answer>(this, i));
  size_t told = Look(kRound).size();
  EXPECT_LT(told, 300u);
  for (int look = 0; look < 9; ++look) told += Look(kRound / 10).size();
  EXPECT_EQ(told, 1000u);
}

}  // namespace
}  // namespace quorate::api
