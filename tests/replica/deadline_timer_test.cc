#include "src/replica/deadline_timer.h"

#include <gtest/gtest.h>

#include <deque>

namespace quorate::replica {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Those who wait, told apart by nothing but their deadlines.
class Waiting {
 public:
  void Add(nanoseconds deadline) {
    base::MutexLock lock(&mutex_);
    deadlines_.push_back(deadline);
  }
  void AnswerAll() {
    base::MutexLock lock(&mutex_);
    deadlines_.clear();
  }
  std::optional<nanoseconds> Expire(nanoseconds now) {
    base::MutexLock lock(&mutex_);
    ++looks_;
    while (!deadlines_.empty() && deadlines_.front() <= now) {
      deadlines_.pop_front();
      ++expired_;
    }
    return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.front());
  }
  void AwaitExpired(int count) {
    const auto reached = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return expired_ == count; };
    base::MutexLock lock(&mutex_);
    mutex_.Await(reached);
  }
  int looks() {
    base::MutexLock lock(&mutex_);
    return looks_;
  }

 private:
  base::Mutex mutex_;
  std::deque<nanoseconds> deadlines_ ABSL_GUARDED_BY(mutex_);
  int expired_ ABSL_GUARDED_BY(mutex_) = 0;
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;
};

class TimedWait {
 public:
  explicit TimedWait(nanoseconds wait)
      : wait_(wait), timer_(&clock_, wait, [this](nanoseconds now) { return waiting_.Expire(now); }) {
    timer_.Start();
  }
  void Begin() {
    waiting_.Add(clock_.Monotonic() + wait_);
    timer_.Arm();
  }
  Waiting& waiting() { return waiting_; }

 private:
  const nanoseconds wait_;
  base::Clock& clock_ = base::SystemClock();
  Waiting waiting_;
  DeadlineTimer timer_;
};

TEST(DeadlineTimer, ExpiresAgainAndAgain) {
  TimedWait wait(milliseconds(1));
  for (int round = 1; round <= 3; ++round) {
    wait.Begin();
    wait.waiting().AwaitExpired(round);
  }
}

TEST(DeadlineTimer, DoesNotWakeForThoseWhoAreAnsweredInTime) {
  TimedWait wait(std::chrono::hours(1));
  for (int i = 0; i < 10'000; ++i) {
    wait.Begin();
    wait.waiting().AnswerAll();
  }
  EXPECT_EQ(wait.waiting().looks(), 0);
}

TEST(DeadlineTimer, NobodyIsForgottenWhoComesAsTheLastOneGoes) {
  TimedWait wait(std::chrono::microseconds(20));
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) wait.Begin();
  wait.waiting().AwaitExpired(kRounds);
}

}  // namespace
}  // namespace quorate::replica
