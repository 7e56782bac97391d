#include "src/api/reader_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>

#include "quorate/base/errors.h"

namespace quorate::api {
namespace {

// Time that passes while a test's read takes it.
class TestClock : public base::Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override { return now_.load(); }
  std::chrono::milliseconds Wall() const override { return std::chrono::milliseconds(0); }
  ReaderPool::Task TakeHalfASecond() {
    return [this](absl::Status) { now_ = now_.load() + std::chrono::milliseconds(500); };
  }

 private:
  std::atomic<std::chrono::nanoseconds> now_{std::chrono::hours(1)};
};

TEST(ReaderPoolTest, RunsWhatIsSubmitted) {
  ReaderPool pool({.threads = 2});
  std::latch ran(1);
  pool.Submit([&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    ran.count_down();
  });
  ran.wait();
}

TEST(ReaderPoolTest, StandsBackAsFarAsIsAsked) {
  for (const int niceness : {0, 7}) {
    const int own = getpriority(PRIO_PROCESS, 0);
    ReaderPool pool({.niceness = niceness});
    std::latch ran(1);
    int found = -1;
    pool.Submit([&](absl::Status) {
      found = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
      ran.count_down();
    });
    ran.wait();
    EXPECT_EQ(found, std::max(own, niceness));
  }
}

TEST(ReaderPoolTest, RefusesMoreThanItsBound) {
  ReaderPool pool({.threads = 1});
  std::latch entered(1), leave(1);
  pool.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  std::atomic<size_t> served{0};
  for (size_t i = 0; i < ReaderPool::kQueuedMax; ++i) {
    pool.Submit([&](absl::Status status) { served += status.ok(); });
  }
  EXPECT_EQ(pool.queued(), ReaderPool::kQueuedMax);
  absl::Status refused;
  pool.Submit([&](absl::Status status) { refused = std::move(status); });
  EXPECT_EQ(refused, base::errors::TooManyRequests());
  std::latch last(1);
  leave.count_down();
  while (pool.queued() == ReaderPool::kQueuedMax) std::this_thread::yield();
  pool.Submit([&](absl::Status) { last.count_down(); });
  last.wait();
  EXPECT_EQ(served, ReaderPool::kQueuedMax);
}

TEST(ReaderPoolTest, RefusesMoreBytesThanItsBound) {
  ReaderPool pool({.threads = 1});
  std::latch entered(1), leave(1);
  pool.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  std::latch half_served(1), last(1);
  pool.SubmitRead([&](absl::Status status) { half_served.count_down(); }, ReaderPool::kQueuedBytesMax / 2);
  absl::Status refused;
  pool.SubmitRead([&](absl::Status status) { refused = std::move(status); }, ReaderPool::kQueuedBytesMax / 2 + 1);
  EXPECT_EQ(refused, base::errors::TooManyRequests());
  refused = absl::OkStatus();
  pool.Submit([&](absl::Status status) { refused = std::move(status); }, ReaderPool::kQueuedBytesMax / 2 + 1);
  EXPECT_EQ(refused, base::errors::TooManyRequests()) << "whether it is a read or not";
  leave.count_down();
  half_served.wait();
  // What was served no longer counts.
  absl::Status served = base::errors::Stopped();
  pool.SubmitRead(
      [&](absl::Status status) {
        served = std::move(status);
        last.count_down();
      },
      ReaderPool::kQueuedBytesMax);
  last.wait();
  EXPECT_TRUE(served.ok());
}

TEST(ReaderPoolTest, RefusesReadsThatWouldWaitTooLong) {
  TestClock clock;
  ReaderPool pool({.threads = 1, .clock = &clock});
  std::latch entered(1), leave(1);
  pool.SubmitRead(clock.TakeHalfASecond(), 1);
  pool.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  std::atomic<size_t> refused{0}, served{0};
  for (int i = 0; i < 1000; ++i) {
    pool.SubmitRead([&](absl::Status status) { ++(status.ok() ? served : refused); }, 1);
  }
  EXPECT_GT(refused, 500u) << "one read of half a second makes 1000 of them too many";
  // What is not a client's read may wait.
  std::latch last(1);
  pool.Submit([&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    last.count_down();
  });
  leave.count_down();
  last.wait();
  EXPECT_GT(served, 0u);
}

TEST(ReaderPoolTest, WhatIsNoReadSaysNothingOfHowLongReadsTake) {
  TestClock clock;
  ReaderPool pool({.threads = 1, .clock = &clock});
  std::latch entered(1), leave(1), last(1);
  pool.Submit(clock.TakeHalfASecond());
  pool.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  std::atomic<size_t> refused{0};
  for (int i = 0; i < 1000; ++i) {
    pool.SubmitRead([&](absl::Status status) { refused += !status.ok(); }, 1);
  }
  EXPECT_EQ(refused, 0u);
  leave.count_down();
  pool.Submit([&](absl::Status) { last.count_down(); });
  last.wait();
}

// Keeps the only thread of a pool until it is let go.
class Occupied {
 public:
  explicit Occupied(ReaderPool* pool) {
    pool->Submit([this](absl::Status) {
      entered_.count_down();
      leave_.wait();
    });
    entered_.wait();
  }
  void LetGo() { leave_.count_down(); }

 private:
  std::latch entered_{1}, leave_{1};
};

TEST(ReaderPoolTest, ConnectionsHaveTheirTurns) {
  ReaderPool pool({.threads = 1});
  Occupied occupied(&pool);
  std::string order;
  std::latch last(7);
  const auto submit = [&](char name, ReaderPool::Owner owner) {
    pool.SubmitRead(
        [&order, &last, name](absl::Status status) {
          EXPECT_TRUE(status.ok());
          order.push_back(name);
          last.count_down();
        },
        1, owner);
  };
  for (const char name : {'a', 'b', 'c', 'd'}) submit(name, 1);
  submit('x', 2);
  submit('y', 2);
  submit('m', ReaderPool::kMember);
  occupied.LetGo();
  last.wait();
  EXPECT_EQ(order, "axmbycd");
}

TEST(ReaderPoolTest, ReadsAreRefusedByTheirOwnPlaceInTheTurns) {
  TestClock clock;
  ReaderPool pool({.threads = 1, .clock = &clock});
  pool.SubmitRead(clock.TakeHalfASecond(), 1, 1);
  Occupied occupied(&pool);
  std::atomic<size_t> refused{0};
  for (int i = 0; i < 1000; ++i) {
    pool.SubmitRead([&](absl::Status status) { refused += !status.ok(); }, 1, /*owner=*/1);
  }
  ASSERT_GT(refused, 500u);
  EXPECT_FALSE(pool.HasRoom(1, 1));
  EXPECT_TRUE(pool.HasRoom(1, 2));
  std::latch served(1);
  pool.SubmitRead(
      [&](absl::Status status) {
        EXPECT_TRUE(status.ok()) << "another connection's single read waits for one";
        served.count_down();
      },
      1, 2);
  occupied.LetGo();
  served.wait();
  pool.Stop();
}

TEST(ReaderPoolTest, NoConnectionUsesUpWhatMayWait) {
  constexpr size_t kMax = 300;
  ReaderPool pool({.threads = 1, .queued_max = kMax});
  Occupied occupied(&pool);
  std::atomic<size_t> served{0}, refused{0};
  const auto flood = [&](ReaderPool::Owner owner) {
    const size_t before = pool.queued();
    for (size_t i = 0; i < kMax; ++i) {
      pool.Submit([&](absl::Status status) { ++(status.ok() ? served : refused); }, 1, owner);
    }
    return pool.queued() - before;
  };
  EXPECT_EQ(flood(1), kMax / 2);
  EXPECT_EQ(flood(2), kMax / 4);
  EXPECT_EQ(flood(1), 0u);
  // What it keeps of requests is shared the same way.
  EXPECT_TRUE(pool.HasRoom(ReaderPool::kQueuedBytesMax / 2, 3));
  pool.Submit([](absl::Status) {}, ReaderPool::kQueuedBytesMax / 2, 3);
  EXPECT_FALSE(pool.HasRoom(1, 3));
  EXPECT_TRUE(pool.HasRoom(ReaderPool::kQueuedBytesMax / 4, 4));
  occupied.LetGo();
  while (pool.queued() > 0) std::this_thread::yield();
  pool.Stop();
  EXPECT_EQ(served + refused, 3 * kMax);
}

TEST(ReaderPoolTest, StopGivesBackWhatWaits) {
  ReaderPool pool({.threads = 1});
  std::latch entered(1), leave(1);
  pool.Submit([&](absl::Status) {
    entered.count_down();
    leave.wait();
  });
  entered.wait();
  absl::Status waiting;
  pool.Submit([&](absl::Status status) {
    waiting = std::move(status);
    leave.count_down();
  });
  pool.Stop();
  EXPECT_EQ(waiting, base::errors::Stopped());
  absl::Status late;
  pool.Submit([&](absl::Status status) { late = std::move(status); });
  EXPECT_EQ(late, base::errors::Stopped());
}

}  // namespace
}  // namespace quorate::api
