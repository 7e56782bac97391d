#include "src/rpc/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace quorate::rpc {
namespace {

class Alarm final : public Timer {
 public:
  explicit Alarm(std::vector<int>* rang, int name) : rang_(rang), name_(name) {}
  Alarm* cancels = nullptr;
  TimerWheel* wheel = nullptr;

 private:
  void OnTimer() override {
    rang_->push_back(name_);
    if (cancels != nullptr) wheel->Cancel(cancels);
  }
  std::vector<int>* rang_;
  int name_;
};

TEST(TimerWheelTest, TimersRingAtTheirTimeHoweverFarOff) {
  std::mt19937_64 random(9);
  TimerWheel wheel(1000);
  std::vector<int> rang;
  std::multimap<int64_t, int> due;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 500; ++i) {
    const int64_t at = 1000 + static_cast<int64_t>(random() % 20000);
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), at);
    if (i % 3 == 0) {
      wheel.Cancel(alarms.back().get());
    } else {
      due.emplace(std::max<int64_t>(at, 1001), i);
    }
  }
  for (int64_t now = 1000; now < 22000;) {
    const int64_t sleep = wheel.SleepMs(now);
    if (due.empty()) break;
    ASSERT_GE(sleep, 0);
    ASSERT_LE(now + sleep, std::max(due.begin()->first, now)) << "slept past a timer";
    now += random() % 4 == 0 ? static_cast<int64_t>(random() % 3000) : std::max<int64_t>(sleep, 1);
    rang.clear();
    do wheel.Advance(now);
    while (wheel.SleepMs(now) == 0);
    std::vector<int> expected;
    while (!due.empty() && due.begin()->first <= now) {
      expected.push_back(due.begin()->second);
      due.erase(due.begin());
    }
    std::sort(rang.begin(), rang.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(rang, expected) << now;
  }
  EXPECT_TRUE(due.empty());
  EXPECT_EQ(wheel.SleepMs(30000), -1);
}

TEST(TimerWheelTest, ATimerThatRingsMayCancelItsNeighbour) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  Alarm first(&rang, 1);
  Alarm second(&rang, 2);
  first.cancels = &second;
  first.wheel = &wheel;
  wheel.Schedule(&first, 5);
  wheel.Schedule(&second, 5);
  wheel.Advance(10);
  EXPECT_EQ(rang, std::vector<int>{1});
  EXPECT_FALSE(second.scheduled());
}

TEST(TimerWheelTest, ManyThatAreDueTogetherRingAFewAtATimeInTheirOrder) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  std::vector<std::unique_ptr<Alarm>> alarms;
  constexpr int kAlarms = 3 * TimerWheel::kFiredMax;
  for (int i = 0; i < kAlarms; ++i) {
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), i < kAlarms / 2 ? 5 : 6);
  }
  wheel.Advance(7);
  EXPECT_EQ(rang.size(), TimerWheel::kFiredMax);
  EXPECT_EQ(wheel.SleepMs(7), 0) << "others are due";
  // What is due later, or not at all any more, does not come between them.
  Alarm late(&rang, kAlarms);
  wheel.Schedule(&late, 7);
  wheel.Cancel(alarms[kAlarms - 1].get());
  for (int i = 0; i < 2; ++i) wheel.Advance(7);
  std::vector<int> expected(kAlarms - 1);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(rang, expected);
  wheel.Advance(8);
  EXPECT_EQ(rang.back(), kAlarms);
  EXPECT_EQ(wheel.SleepMs(8), -1);
}

TEST(TimerWheelTest, ThoseFarOffAreLookedAtInPartsAndRingInTime) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  std::vector<std::unique_ptr<Alarm>> alarms;
  constexpr int kAlarms = 5000;
  for (int i = 0; i < kAlarms; ++i) {
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), 5000);
  }
  for (int64_t now = 0; now < 5000; now += std::max<int64_t>(wheel.SleepMs(now), 1)) wheel.Advance(now);
  EXPECT_TRUE(rang.empty());
  do wheel.Advance(5000);
  while (wheel.SleepMs(5000) == 0);
  EXPECT_EQ(rang.size(), kAlarms);
}

}  // namespace
}  // namespace quorate::rpc
