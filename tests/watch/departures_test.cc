// Channels that go while they have many watchers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Those of a key of one letter weigh the same.
constexpr size_t kOneWatcher = WatcherBytes(1);

// Takes everything, until its channel goes.
struct Leaver : Recorder {
  bool HasRoom(size_t bytes) override {
    EXPECT_FALSE(gone);
    return Recorder::HasRoom(bytes);
  }
  bool OnEvents(int64_t watch_id, const WatchRequest& request, const Selection& events, int64_t revision) override {
    EXPECT_FALSE(gone);
    return Recorder::OnEvents(watch_id, request, events, revision);
  }
  void OnCompacted(int64_t watch_id, int64_t compacted_revision) override {
    EXPECT_FALSE(gone);
    Recorder::OnCompacted(watch_id, compacted_revision);
  }
  void OnFailed(int64_t watch_id, const absl::Status& reason) override {
    EXPECT_FALSE(gone);
    Recorder::OnFailed(watch_id, reason);
  }
  bool OnProgress(int64_t watch_id, int64_t revision) override {
    EXPECT_FALSE(gone);
    return Recorder::OnProgress(watch_id, revision);
  }
  bool gone = false;
};

// One channel that goes.
struct Departing : TestFeed {
  explicit Departing(Bounds bounds) : TestFeed(bounds), channel(feed->Open(&sink)) {}

  void Watch(const WatchRequest& request, int watchers) {
    int64_t revision;
    for (int i = 0; i < watchers; ++i) EXPECT_TRUE(channel->Watch(0, request, &revision).ok());
  }
  void Depart() {
    sink.gone = true;
    channel.reset();
  }
  int64_t watchers() const { return feed->statistics().watchers; }

  Leaver sink;
  std::unique_ptr<Channel> channel;
};

TEST(DeparturesTest, ManyWatchersGoInSeveralTurnsAndOthersHearBetween) {
  Departing feed({.removed_bytes = 10 * kOneWatcher});
  Recorder others_sink;
  auto others = feed.feed->Open(&others_sink);
  int64_t revision;
  const int64_t id = *others->Watch(0, Key("k"), &revision);
  feed.Watch(Key("k"), 50);
  feed.Watch(Key("l"), 50);
  feed.Depart();
  EXPECT_EQ(feed.feed->statistics().channels, 1);
  EXPECT_EQ(feed.watchers(), 91);
  size_t turns = 0;
  for (; feed.watchers() > 1 && turns < 100; ++turns) {
    const int64_t before = feed.watchers();
    feed.PutNow("k", "x");
    feed.RunTurn();
    EXPECT_EQ(feed.watchers(), before - 10);
    EXPECT_EQ(others_sink.Told(id).size(), turns + 1);
  }
  EXPECT_EQ(turns, 9u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  feed.RunAll();
  EXPECT_THAT(feed.posted, IsEmpty());
}

TEST(DeparturesTest, FewWatchersGoAtOnce) {
  Departing feed({});
  feed.Watch(Key("k"), 100);
  feed.Depart();
  EXPECT_EQ(feed.watchers(), 0);
  feed.PutNow("k", "x");
  EXPECT_EQ(feed.hub->window_events(), 0u) << "nobody is left";
}

TEST(DeparturesTest, ManyChannelsShareWhatMayGoInATurn) {
  TestFeed feed({.removed_bytes = 10 * kOneWatcher});
  Recorder sink;
  std::vector<std::unique_ptr<Channel>> channels;
  for (int i = 0; i < 100; ++i) {
    channels.push_back(feed.feed->Open(&sink));
    int64_t revision;
    ASSERT_TRUE(channels.back()->Watch(0, Key("k"), &revision).ok());
  }
  channels.clear();
  EXPECT_EQ(feed.feed->statistics().channels, 0);
  EXPECT_EQ(feed.feed->statistics().watchers, 90);
  feed.RunTurn();
  EXPECT_EQ(feed.feed->statistics().watchers, 80);
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().watchers, 0);
}

// Live, behind and ended meanwhile by compaction.
TEST(DeparturesTest, WhoIsGoneIsToldNothing) {
  Departing feed({.removed_bytes = kOneWatcher});
  for (int i = 0; i < 5; ++i) feed.PutNow("k", "x");
  feed.Watch(Key("k"), 10);
  feed.Watch(Key("k", 2), 10);
  feed.Watch(Key("k", 6), 10);
  feed.channel->RequestProgress();
  feed.Depart();
  feed.CompactNow(4);
  feed.PutNow("k", "y");
  feed.RunTurn();
  feed.RunTurn();
  EXPECT_GT(feed.watchers(), 20);
  feed.RunAll();
  EXPECT_EQ(feed.watchers(), 0);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(DeparturesTest, WhoIsGoneIsNotToldThatHistoryIsDamaged) {
  Departing feed({.removed_bytes = kOneWatcher});
  feed.PutNow("k", "x");
  feed.Watch(Key("k", 1), 10);
  feed.RunTurn();
  ASSERT_EQ(feed.blocking.size(), 1u);
  feed.Depart();
  feed.blocking.front()(absl::DataLossError("000012.sst is damaged"));
  feed.blocking.clear();
  feed.RunTurn();
  feed.RunTurn();
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  EXPECT_GT(feed.watchers(), 5);
  feed.RunAll();
  EXPECT_EQ(feed.watchers(), 0);
}

TEST(DeparturesTest, WhoIsGoneIsNotToldThatFormerValuesAreTooLarge) {
  Departing feed({.former_together = 1000, .former = 1000, .removed_bytes = kOneWatcher});
  feed.PutNow("k", std::string(10'000, 'x'));
  WatchRequest request = Key("k", feed.DeleteNow("k"));
  request.prev_kv = true;
  feed.Watch(request, 10);
  feed.Depart();
  feed.RunTurn();
  ASSERT_TRUE(feed.RunBlocking());
  feed.RunTurn();
  EXPECT_GT(feed.feed->statistics().former_too_large, 5u);
  feed.RunAll();
  EXPECT_EQ(feed.watchers(), 0);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(DeparturesTest, ThoseWhoseConsumerTookNothingGoAsWell) {
  Departing feed({.removed_bytes = kOneWatcher});
  feed.Watch(Key("k"), 20);
  feed.sink.room = 1;
  feed.PutNow("k", "x");
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().behind, 19);
  feed.Depart();
  EXPECT_EQ(feed.watchers(), 19);
  feed.RunAll();
  EXPECT_EQ(feed.watchers(), 0);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(DeparturesTest, AnotherChannelHasItsOwnIds) {
  Departing feed({.removed_bytes = kOneWatcher});
  feed.Watch(Key("k"), 10);
  feed.Depart();
  Recorder sink;
  auto channel = feed.feed->Open(&sink);
  int64_t revision;
  for (const int64_t id : {0, 1}) EXPECT_EQ(*channel->Watch(0, Key("k"), &revision), id);
  EXPECT_EQ(channel->watchers(), 2u);
  EXPECT_TRUE(channel->Cancel(0));
  EXPECT_FALSE(channel->Cancel(2)) << "that was the other's";
  feed.PutNow("k", "x");
  feed.RunAll();
  EXPECT_THAT(sink.Told(0), IsEmpty());
  EXPECT_THAT(sink.Told(1), ElementsAre("put k 2"));
  EXPECT_EQ(feed.watchers(), 1);
}

TEST(DeparturesTest, WhoComesAndGoesAgainAndAgainLeavesNoMoreAndMore) {
  Departing feed({.removed_bytes = kOneWatcher});
  feed.Watch(Key("k"), 30);
  feed.Depart();
  Recorder sink;
  for (int i = 0; i < 20; ++i) {
    auto channel = feed.feed->Open(&sink);
    int64_t revision;
    for (int j = 0; j < 10; ++j) ASSERT_TRUE(channel->Watch(0, Key("k"), &revision).ok());
    EXPECT_LE(feed.watchers(), 30 + 10);
    channel.reset();
    const int64_t before = feed.watchers();
    feed.RunTurn();
    EXPECT_EQ(feed.watchers(), before - 11) << "as many as came, and one";
  }
  feed.RunAll();
  EXPECT_EQ(feed.watchers(), 0);
}

TEST(DeparturesTest, FeedMayEndWhileSomeAreLeft) {
  Departing feed({.removed_bytes = kOneWatcher});
  feed.PutNow("k", "x");
  WatchRequest request = Key("k");
  request.prev_kv = true;
  feed.Watch(request, 10);
  feed.Watch(Key("k", 1), 10);
  feed.Watch(Key("l"), 10);
  feed.Depart();
  feed.PutNow("k", "y");
  feed.RunTurn();
  EXPECT_GT(feed.watchers(), 20);
  // As with the loop's end.
  feed.posted.clear();
  feed.blocking.clear();
  feed.feed.reset();
  feed.PutNow("k", "z");
  EXPECT_THAT(feed.posted, IsEmpty()) << "the hub tells nobody";
  EXPECT_EQ(feed.hub->window_events(), 0u);
}

}  // namespace
}  // namespace quorate::watch
