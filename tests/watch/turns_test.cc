// What is done for many watchers takes several turns of the loop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

constexpr size_t kMoved = 10;

struct Moving : OneChannel {
  Moving() : OneChannel({.moved = kMoved}) {}

  std::vector<int64_t> WatchMany(const WatchRequest& request, size_t watchers) {
    std::vector<int64_t> ids;
    for (size_t i = 0; i < watchers; ++i) ids.push_back(Watch(request));
    return ids;
  }
  size_t behind() const { return static_cast<size_t>(feed->statistics().behind); }
};

// Also while there is a commit in every turn.
TEST(TurnsTest, ThoseWhoHaveCaughtUpBecomeLiveAFewAtATime) {
  Moving feed;
  feed.PutNow("k", "x");
  const std::vector<int64_t> ids = feed.WatchMany(watch::Key("k", 2), 35);
  feed.RunTurn();
  ASSERT_TRUE(feed.RunBlocking());
  feed.RunTurn();
  EXPECT_EQ(feed.behind(), 35u);
  for (const size_t left : {25u, 15u, 5u, 0u}) {
    feed.PutNow("k", "y");
    feed.RunTurn();
    EXPECT_EQ(feed.behind(), left);
  }
  feed.PutNow("k", "z");
  feed.RunAll();
  for (const int64_t id : ids) {
    EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2", "put k 3", "put k 4", "put k 5", "put k 6", "put k 7"));
  }
}

TEST(TurnsTest, ThoseWhomCompactionHasPassedEndAFewAtATimeAndTheOthersGoOn) {
  Moving feed;
  for (int i = 0; i < 5; ++i) feed.PutNow("k", "x");
  feed.WatchMany(watch::Key("k", 2), 25);
  const std::vector<int64_t> on_time = feed.WatchMany(watch::Key("k", 6), 25);
  feed.WatchMany(watch::Key("k", 3), 10);
  feed.channel->RequestProgress();
  feed.CompactNow(4);
  for (size_t turn = 0; feed.sink.compacted.size() < 35 && turn < 100; ++turn) {
    const size_t before = feed.sink.compacted.size();
    feed.RunTurn();
    EXPECT_LE(feed.sink.compacted.size(), before + kMoved);
    EXPECT_THAT(feed.sink.progress, IsEmpty());
    feed.RunBlocking();
  }
  feed.RunAll();
  EXPECT_EQ(feed.sink.compacted.size(), 35u);
  for (const int64_t id : on_time) EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 6"));
  EXPECT_EQ(feed.behind(), 0u);
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 6)));
}

TEST(TurnsTest, PeriodicNoticesGoToAFewAtATimeAndToEachOnce) {
  Moving feed;
  WatchRequest request = watch::Key("k");
  request.progress_notify = true;
  std::vector<int64_t> ids = feed.WatchMany(request, 25);
  feed.channel->NotifyProgress();
  EXPECT_EQ(feed.sink.progress.size(), kMoved);
  const int64_t told = feed.sink.progress.front().first;
  EXPECT_TRUE(feed.channel->Cancel(told));
  feed.Watch(request, 1000);
  feed.RunTurn();
  EXPECT_EQ(feed.sink.progress.size(), 2 * kMoved);
  std::set<std::pair<int64_t, int64_t>> all(feed.sink.progress.begin(), feed.sink.progress.end());
  const auto left = std::find_if(ids.begin(), ids.end(), [&](int64_t id) { return !all.contains({id, 1}); });
  ASSERT_NE(left, ids.end());
  EXPECT_TRUE(feed.channel->Cancel(*left));
  feed.RunAll();
  all.insert(feed.sink.progress.begin(), feed.sink.progress.end());
  EXPECT_EQ(feed.sink.progress.size(), 24u) << "one is cancelled, and one came too late for this round";
  EXPECT_EQ(all.size(), 24u);
  feed.channel->NotifyProgress();
  feed.RunAll();
  EXPECT_EQ(feed.sink.progress.size(), 2 * 24u);
  EXPECT_THAT(feed.sink.progress, Contains(Pair(1000, 1)));
}

TEST(TurnsTest, PeriodicNoticesEndWithTheirChannel) {
  Moving feed;
  WatchRequest request = watch::Key("k");
  request.progress_notify = true;
  feed.WatchMany(request, 25);
  feed.channel->NotifyProgress();
  feed.channel.reset();
  feed.RunAll();
  EXPECT_EQ(feed.sink.progress.size(), kMoved);
}

TEST(TurnsTest, ThoseWhoseHistoryIsDamagedEndAFewAtATimeAndNobodyJoinsThem) {
  Moving feed;
  feed.PutNow("k", "x");
  feed.WatchMany(watch::Key("k", 1), 25);
  feed.RunTurn();
  ASSERT_EQ(feed.blocking.size(), 1u);
  feed.blocking.front()(absl::DataLossError("000012.sst is damaged"));
  feed.blocking.clear();
  feed.RunTurn();
  int64_t late = 0;
  for (const size_t failed : {10u, 20u, 25u}) {
    late = feed.Watch(watch::Key("k", 1));
    feed.RunTurn();
    EXPECT_EQ(feed.sink.failed.size(), failed);
  }
  feed.RunAll();
  EXPECT_EQ(feed.sink.failed.size(), 25u);
  EXPECT_THAT(feed.sink.failed, Not(Contains(Key(late))));
  EXPECT_THAT(feed.sink.Told(late), ElementsAre("put k 2"));
}

}  // namespace
}  // namespace quorate::watch
