#include "quorate/watch/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Deaf final : Listener {
  void OnCommitted() override {}
};

void CommitRevision(Hub& hub, int64_t revision) {
  mvcc::Event event;
  event.revision = {revision, 0};
  event.key = "k";
  hub.OnCommit({event});
}

std::vector<int64_t> RevisionsAfter(const Hub& hub, int64_t position) {
  std::vector<std::shared_ptr<const Batch>> batches;
  int64_t newest;
  hub.Collect(position, SIZE_MAX, &batches, &newest);
  std::vector<int64_t> revisions;
  for (const auto& batch : batches) revisions.push_back(batch->first_revision);
  return revisions;
}

TEST(HubTest, WindowHoldsWhatCameWhileSomebodyListened) {
  Hub hub;
  Deaf listener;
  CommitRevision(hub, 4);
  hub.Join(&listener);
  CommitRevision(hub, 5);
  CommitRevision(hub, 6);
  EXPECT_THAT(RevisionsAfter(hub, 4), ElementsAre(5, 6));
  EXPECT_THAT(RevisionsAfter(hub, 3), IsEmpty());
  hub.Leave(&listener);
  EXPECT_EQ(hub.window_events(), 0u);
}

TEST(HubTest, WindowBeginsAnewWhereSomethingIsMissing) {
  Hub hub;
  Deaf listener;
  hub.Join(&listener);
  CommitRevision(hub, 5);
  CommitRevision(hub, 7);
  EXPECT_THAT(RevisionsAfter(hub, 4), IsEmpty()) << "6 must be read from the store";
  EXPECT_THAT(RevisionsAfter(hub, 6), ElementsAre(7));
  EXPECT_EQ(hub.window_events(), 1u);
}

// It may have a million events, and who holds the mutex keeps every loop waiting.
TEST(HubTest, WhatLeavesTheWindowIsDestroyedOnceTheMutexIsFree) {
  struct Watchful final : Listener {
    void OnCommitted() override { there_under_the_mutex = !oldest.expired(); }
    std::weak_ptr<const Batch> oldest;
    bool there_under_the_mutex = false;
  };
  Hub hub(kWindowBytesMax, /*window_events_max=*/1);
  Watchful listener;
  hub.Join(&listener);
  CommitRevision(hub, 5);
  // The one has no room, the other follows a gap.
  for (const auto& [oldest, next] : {std::pair(5, 6), std::pair(6, 8)}) {
    {
      std::vector<std::shared_ptr<const Batch>> batches;
      int64_t newest;
      ASSERT_TRUE(hub.Collect(oldest - 1, SIZE_MAX, &batches, &newest));
      listener.oldest = batches.front();
    }
    CommitRevision(hub, next);
    EXPECT_TRUE(listener.there_under_the_mutex);
    EXPECT_TRUE(listener.oldest.expired());
  }
  hub.Leave(&listener);
}

// One listener leaves at the moment when another joins, again and again.
TEST(HubTest, WindowHasNoGapWhateverTheOrderOfJoiningAndLeaving) {
  Hub hub;
  std::atomic<bool> over{false};
  const auto come_and_go = [&] {
    Deaf listener;
    while (!over.load(std::memory_order_relaxed)) {
      hub.Join(&listener);
      hub.Leave(&listener);
    }
  };
  std::thread one(come_and_go), other(come_and_go);
  for (int64_t revision = 2; revision < 20'000; ++revision) {
    CommitRevision(hub, revision);
    const std::vector<int64_t> revisions = RevisionsAfter(hub, revision - 4);
    for (size_t i = 1; i < revisions.size(); ++i) EXPECT_EQ(revisions[i], revisions[i - 1] + 1);
  }
  over.store(true);
  one.join();
  other.join();
}

}  // namespace
}  // namespace quorate::watch
