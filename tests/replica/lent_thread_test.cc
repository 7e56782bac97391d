// A thread that is lent to the replica does what the replica thread would have done, and never both do.

#include <chrono>
#include <optional>
#include <thread>

#include "tests/replica/replica_testing.h"

namespace quorate::replica {
namespace {

constexpr int kTriesMax = 10'000;

class LentThread : public ReplicaTest {
 protected:
  static ReplicaOptions Always(ReplicaOptions options) {
    options.lent_write_max = std::chrono::hours(1);  // however slow the disk of the test is
    return options;
  }

  struct Proposed {
    std::future<std::vector<Heard>> answers;
    bool lent = false;
    bool answered_inside = false;  // when the work had ended
  };
  Proposed Lend(const std::string& key, bool is_short = true) {
    ProposalBatch batch;
    batch.are_short = is_short;
    batch.commands.Add(CommandType::kPut, PutRequestBytes(key, "v"));
    std::promise<std::vector<Heard>> promise;
    Proposed proposed{.answers = promise.get_future()};
    batch.completion = std::make_unique<Collecting>(std::move(promise));
    replica_->Propose(std::move(batch), [&proposed](absl::FunctionRef<void()> work) {
      work();
      proposed.lent = true;
      proposed.answered_inside = proposed.answers.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    return proposed;
  }
  // Once the replica thread is found asleep.
  std::optional<Proposed> LendAtLast(const std::string& key) {
    for (int i = 0; i < kTriesMax; ++i) {
      Proposed proposed = Lend(key);
      if (proposed.lent) return proposed;
      proposed.answers.wait();
      std::this_thread::yield();
    }
    return std::nullopt;
  }
};

TEST_F(LentThread, ExecutesAndAnswersBeforeItIsGivenBack) {
  Start(Always(Options()));
  std::optional<Proposed> proposed = LendAtLast("a");
  ASSERT_TRUE(proposed.has_value());
  EXPECT_TRUE(proposed->answered_inside);
  EXPECT_TRUE(proposed->answers.get()[0].status.ok());
  EXPECT_EQ(CountKeys(), 1u);
  EXPECT_TRUE(Put({"b"}, "v")[0].status.ok());  // the replica thread is as it was
}

TEST_F(LentThread, IsNotTakenWhileTheLogIsSlow) {
  ReplicaOptions options = Options();
  options.lent_write_max = std::chrono::nanoseconds(0);
  Start(std::move(options));
  for (int i = 0; i < 20; ++i) {
    Proposed proposed = Lend("a");
    EXPECT_FALSE(proposed.lent);
    EXPECT_TRUE(proposed.answers.get()[0].status.ok());
  }
}

TEST_F(LentThread, IsNotTakenForWhatMayBeLong) {
  Start(Always(Options()));
  for (int i = 0; i < 20; ++i) {
    // Which shows that the replica thread sleeps, and it goes on doing so.
    ASSERT_TRUE(LendAtLast("before").has_value());
    Proposed proposed = Lend("a", /*is_short=*/false);
    EXPECT_FALSE(proposed.lent);
    EXPECT_TRUE(proposed.answers.get()[0].status.ok());
  }
}

TEST_F(LentThread, SeveralAtATimeAreAnsweredOnceEach) {
  Start(Always(Options()));
  const int64_t revision = replica_->store().revision();
  constexpr int kThreads = 4, kEach = 200;
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        Proposed proposed = Lend(std::to_string(thread) + "/" + std::to_string(i));
        const std::vector<Heard> heard = proposed.answers.get();
        served += heard.size() == 1 && heard[0].status.ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, kThreads * kEach);
  EXPECT_EQ(replica_->store().revision(), revision + kThreads * kEach);
}

TEST_F(LentThread, WhatComesWhileItWaitsForTheDiskFollows) {
  Start(Always(Options()));
  ASSERT_TRUE(LendAtLast("before").has_value());
  files_.HoldSyncs();
  std::thread lender([this] { EXPECT_TRUE(LendAtLast("lent").has_value()); });
  files_.AwaitHeldSync();
  auto queued = BeginPut({"queued"}, "v");
  files_.LetSyncsGo();
  EXPECT_TRUE(queued.get()[0].status.ok());
  lender.join();
  EXPECT_EQ(CountKeys(), 3u);
}

TEST_F(LentThread, StoppingWaitsForIt) {
  Start(Always(Options()));
  ASSERT_TRUE(LendAtLast("before").has_value());
  files_.HoldSyncs();
  std::thread lender([this] { LendAtLast("lent"); });
  files_.AwaitHeldSync();
  std::thread stopper([this] { replica_->Stop(); });
  files_.LetSyncsGo();
  lender.join();
  stopper.join();
}

TEST_F(LentThread, AFailedSyncIsFatalOnItToo) {
  Start(Always(Options()));
  ASSERT_TRUE(LendAtLast("before").has_value());
  files_.fails_syncs = true;
  std::optional<Proposed> proposed = LendAtLast("lost");
  if (proposed.has_value()) {
    EXPECT_EQ(base::MessageOf(proposed->answers.get()[0].status), "etcdserver: server stopped");
  }
  EXPECT_EQ(base::MessageOf(Put({"late"}, "v")[0].status), "etcdserver: server stopped");
}

TEST_F(LentThread, AFullDiskIsTriedAgainWithoutIt) {
  ReplicaOptions options = Always(Options());
  options.heartbeat_interval = std::chrono::milliseconds(5);
  Start(std::move(options));
  ASSERT_TRUE(LendAtLast("before").has_value());
  files_.full = true;
  EXPECT_FALSE(Lend("refused").answers.get()[0].status.ok());
  files_.full = false;
  bool served = false;
  for (int i = 0; i < kTriesMax && !served; ++i) {
    served = Lend("after").answers.get()[0].status.ok();
    if (!served) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace quorate::replica
