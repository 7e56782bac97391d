// Consumers that have no room.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

TEST(RoomTest, ConsumerWithoutRoomForAnAnswerHearsOfItLater) {
  for (const bool former : {false, true}) {
    OneChannel feed({.cache_bytes = former ? size_t{0} : size_t{1} << 20});
    feed.PutNow("large", "x");
    WatchRequest request = Range("a", "z");
    request.prev_kv = former;
    const int64_t id = feed.Watch(request);
    const int64_t other = feed.Watch(Key("small"));
    feed.sink.room_bytes = 1000;
    for (int i = 0; i < 3; ++i) feed.PutNow("small", "x");
    feed.PutNow("large", std::string(2000, 'x'));
    feed.PutNow("small", "x");
    feed.RunAll();
    EXPECT_THAT(feed.sink.Told(id), Not(Contains("put large 6")));
    EXPECT_GT(feed.feed->statistics().behind, 0);
    feed.sink.room_bytes = SIZE_MAX;
    feed.channel->Resume();
    feed.RunAll();
    EXPECT_THAT(feed.sink.Told(id),
                ElementsAre("put small 3", "put small 4", "put small 5", "put large 6", "put small 7"));
    EXPECT_THAT(feed.sink.Told(other), ElementsAre("put small 3", "put small 4", "put small 5", "put small 7"));
    EXPECT_EQ(feed.feed->statistics().behind, 0);
  }
}

TEST(RoomTest, PeriodicNoticesStopWhereTheConsumerTakesNoMoreAndGoOnLater) {
  OneChannel feed;
  constexpr size_t kWatchers = 10;
  WatchRequest request = Key("k");
  request.progress_notify = true;
  for (size_t i = 0; i < kWatchers; ++i) feed.Watch(request);
  feed.sink.progress_room = 4;
  feed.channel->NotifyProgress();
  EXPECT_EQ(feed.sink.progress.size(), 4u);
  feed.channel->NotifyProgress();
  EXPECT_EQ(feed.sink.progress.size(), 4u) << "it takes nothing";
  feed.sink.progress_room = SIZE_MAX;
  feed.channel->Resume();
  const std::set<std::pair<int64_t, int64_t>> told(feed.sink.progress.begin(), feed.sink.progress.end());
  EXPECT_EQ(told.size(), kWatchers) << "each once";
  EXPECT_EQ(feed.sink.progress.size(), kWatchers);
  feed.channel->NotifyProgress();
  EXPECT_EQ(feed.sink.progress.size(), 2 * kWatchers);
}

// Of those who wait for the consumer only some try at a time; nobody waits for ever.
TEST(RoomTest, ThoseWhoWaitHaveTheirTurnOneAfterTheOther) {
  OneChannel feed({.scan_ranges = 2});
  constexpr size_t kWatchers = 200;
  std::vector<int64_t> ids;
  for (size_t i = 0; i < kWatchers; ++i) ids.push_back(feed.Watch(Range("a", "b" + std::to_string(i))));
  feed.sink.room = 1;
  feed.PutNow("a", "x");
  feed.RunAll();
  for (size_t heard = 1; heard < kWatchers / 2; ++heard) {
    EXPECT_EQ(feed.sink.deliveries, heard);
    feed.sink.room = 1;
    feed.channel->Resume();
    feed.RunAll();
  }
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  for (const int64_t id : ids) EXPECT_THAT(feed.sink.Told(id), ElementsAre("put a 2"));
  EXPECT_EQ(feed.sink.deliveries, kWatchers);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(RoomTest, FewTryInVainWhereThereIsRoomForOne) {
  OneChannel feed;
  constexpr size_t kWatchers = 3000;
  std::vector<int64_t> ids;
  for (size_t i = 0; i < kWatchers; ++i) ids.push_back(feed.Watch(Range("a", "b" + std::to_string(i))));
  feed.sink.room = 1;
  feed.PutNow("a", "x");
  feed.RunAll();
  const FeedStatistics& statistics = feed.feed->statistics();
  for (uint64_t resumed = 1; resumed <= 3; ++resumed) {
    feed.sink.room = 1;
    feed.channel->Resume();
    feed.RunAll();
    EXPECT_EQ(feed.sink.deliveries, 1 + resumed);
    EXPECT_LE(statistics.returned, 2 * kReturningFirst * resumed);
  }
  const uint64_t before = statistics.returned;
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  EXPECT_EQ(statistics.returned - before, kWatchers - 4);
  for (const int64_t id : ids) EXPECT_THAT(feed.sink.Told(id), ElementsAre("put a 2"));
  EXPECT_EQ(feed.sink.deliveries, kWatchers);
  EXPECT_EQ(statistics.behind, 0);
}

}  // namespace
}  // namespace quorate::watch
