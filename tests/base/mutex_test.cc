#include "quorate/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace quorate::base {
namespace {

TEST(Mutex, GuardsWhatManyThreadsChange) {
  Mutex mutex;
  int count = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        MutexLock lock(&mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 40'000);
}

TEST(Mutex, AwaitReturnsOnceItsConditionHolds) {
  Mutex mutex;
  int turn = 0;
  constexpr int kThreads = 4, kRounds = 200;
  std::vector<std::thread> threads;
  std::vector<int> order;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        MutexLock lock(&mutex);
        mutex.Await([&] { return turn % kThreads == thread; });
        order.push_back(turn++);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(order.size(), static_cast<size_t>(kThreads * kRounds));
  for (size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
}

TEST(Mutex, AwaitForGivesUpAndSaysWhether) {
  Mutex mutex;
  MutexLock lock(&mutex);
  EXPECT_FALSE(mutex.AwaitFor([] { return false; }, std::chrono::milliseconds(1)));
  EXPECT_TRUE(mutex.AwaitFor([] { return true; }, std::chrono::nanoseconds(0)));
}

TEST(Mutex, AwaitForIsWokenBeforeItsPatienceEnds) {
  Mutex mutex;
  bool done = false;
  std::thread other([&] {
    MutexLock lock(&mutex);
    done = true;
  });
  {
    MutexLock lock(&mutex);
    EXPECT_TRUE(mutex.AwaitFor([&] { return done; }, std::chrono::hours(1)));
  }
  other.join();
}

}  // namespace
}  // namespace quorate::base
