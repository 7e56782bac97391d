// Revisions with more hits than a delivery holds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kKeys = 6;

std::string KeyName(int i) { return "k" + std::to_string(i); }

// Watchers of ranges that all hold the keys.
struct Overlapping : TestFeed {
  explicit Overlapping(Bounds bounds) : TestFeed(bounds), channel(feed->Open(&sink)) {
    for (int i = 0; i < kKeys; ++i) PutNow(KeyName(i), "x");
  }
  void Watch(WatchRequest request) {
    int64_t revision;
    ids.push_back(*channel->Watch(0, std::move(request), &revision));
  }
  void WatchAll(int ranges, int64_t start_revision = 0) {
    for (int i = 0; i < ranges; ++i) Watch(Range("k", "l" + std::to_string(i), start_revision));
  }
  void DeleteAll() {
    Delete("k", "l");
    Commit();
  }

  Recorder sink;
  std::unique_ptr<Channel> channel;
  std::vector<int64_t> ids;
};

std::vector<std::string> Deletions(int64_t revision) {
  std::vector<std::string> told;
  for (int i = 0; i < kKeys; ++i) told.push_back("delete " + KeyName(i) + " " + std::to_string(revision));
  return told;
}

TEST(LargeRevisionTest, EveryoneHearsOfItAndIsLiveAgain) {
  Overlapping feed({.hits = 20});
  feed.WatchAll(10);
  feed.DeleteAll();
  const int64_t revision = feed.revision();
  feed.RunAll();
  for (const int64_t id : feed.ids) EXPECT_EQ(feed.sink.Told(id), Deletions(revision));
  EXPECT_EQ(feed.sink.deliveries, feed.ids.size()) << "one response each";
  EXPECT_GT(feed.feed->statistics().large_deliveries, 0u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  EXPECT_EQ(feed.feed->statistics().history_reads, 0u) << "the window had it";
  feed.PutNow("k", "y");
  feed.RunAll();
  for (const int64_t id : feed.ids) EXPECT_EQ(feed.sink.Told(id).size(), kKeys + 1u);
}

TEST(LargeRevisionTest, RevisionsThatAreTooMuchTogetherComeOneAfterTheOther) {
  Overlapping feed({.hits = 20});
  feed.WatchAll(15);
  for (int i = 0; i < 8; ++i) feed.Put("k", "y");
  feed.Commit();
  feed.RunAll();
  for (const int64_t id : feed.ids) EXPECT_EQ(feed.sink.Told(id).size(), 8u);
  EXPECT_EQ(feed.feed->statistics().large_deliveries, 0u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(LargeRevisionTest, HistoryIsReadAgainForThoseWhoAreLeft) {
  // A step's end after each group.
  Overlapping feed({.step_bytes = 100, .hits = 20});
  feed.PutNow("z", "after");
  feed.DeleteAll();
  const int64_t revision = feed.revision();
  feed.PutNow("k", "y");
  feed.WatchAll(10, 2);
  feed.Watch(Key("k3", revision));
  feed.Watch(Key("k4", revision + 1));
  feed.Watch(Key("other", 2));
  feed.RunAll();
  std::vector<std::string> all;
  for (int i = 0; i < kKeys; ++i) all.push_back("put " + KeyName(i) + " " + std::to_string(2 + i));
  for (const std::string& one : Deletions(revision)) all.push_back(one);
  all.push_back("put k " + std::to_string(revision + 1));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(feed.sink.Told(feed.ids[static_cast<size_t>(i)]), all);
  EXPECT_THAT(feed.sink.Told(feed.ids[10]), ElementsAre("delete k3 " + std::to_string(revision)));
  EXPECT_THAT(feed.sink.Told(feed.ids[11]), IsEmpty());
  EXPECT_THAT(feed.sink.Told(feed.ids[12]), IsEmpty());
  EXPECT_GT(feed.feed->statistics().large_deliveries, 1u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(LargeRevisionTest, EventsKeepTheirOrderWithinTheRevision) {
  Overlapping feed({.hits = 10});
  feed.WatchAll(10);
  std::vector<mvcc::RequestOp> ops(3);
  ops[0].request = mvcc::PutRequest{.key = "k5", .value = "1"};
  ops[1].request = mvcc::PutRequest{.key = "k1", .value = "1"};
  ops[2].request = mvcc::PutRequest{.key = "k3", .value = "1"};
  feed.Txn(ops);
  feed.Commit();
  feed.RunAll();
  for (const int64_t id : feed.ids) EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k5 8", "put k1 8", "put k3 8"));
  EXPECT_GT(feed.feed->statistics().large_deliveries, 0u);
}

TEST(LargeRevisionTest, ConsumerThatTakesNoMoreHearsTheRestLater) {
  Overlapping feed({.hits = 20});
  feed.WatchAll(10);
  feed.sink.room = 4;
  feed.DeleteAll();
  const int64_t revision = feed.revision();
  feed.RunAll();
  EXPECT_EQ(feed.sink.deliveries, 4u);
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  for (const int64_t id : feed.ids) EXPECT_EQ(feed.sink.Told(id), Deletions(revision));
  EXPECT_EQ(feed.sink.deliveries, feed.ids.size());
}

TEST(LargeRevisionTest, FormerValuesAreReadForThoseWhoWantThem) {
  Overlapping feed({.cache_bytes = 0, .hits = 20});
  for (int i = 0; i < 10; ++i) {
    WatchRequest request = Range("k", "l" + std::to_string(i));
    request.prev_kv = i % 2 == 0;
    feed.Watch(request);
  }
  feed.DeleteAll();
  feed.RunAll();
  for (size_t i = 0; i < feed.ids.size(); ++i) {
    const auto& heard = feed.sink.events[feed.ids[i]];
    ASSERT_EQ(heard.size(), static_cast<size_t>(kKeys));
    for (const auto& one : heard) EXPECT_EQ(one.former.has_value(), i % 2 == 0);
  }
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(LargeRevisionTest, CompactionEndsNobodyWhoWasInStep) {
  // A step's end after each group.
  Overlapping feed({.step_bytes = 100, .hits = 20});
  feed.WatchAll(10);
  feed.DeleteAll();
  const int64_t revision = feed.revision();
  feed.PutNow("k", "y");
  feed.PutNow("k", "z");
  feed.CompactNow(feed.revision());
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, IsEmpty());
  std::vector<std::string> all = Deletions(revision);
  for (const int64_t later : {revision + 1, revision + 2}) all.push_back("put k " + std::to_string(later));
  for (const int64_t id : feed.ids) EXPECT_EQ(feed.sink.Told(id), all);
  EXPECT_GT(feed.feed->statistics().large_deliveries, 1u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(LargeRevisionTest, NobodyElseFallsBehind) {
  Overlapping feed({.hits = 20});
  Recorder others_sink;
  auto others = feed.feed->Open(&others_sink);
  int64_t id = 0, revision = 0;
  for (int i = 0; i < 50; ++i) id = *others->Watch(0, Key("other" + std::to_string(i)), &revision);
  feed.WatchAll(10);
  feed.Watch(Key(KeyName(3)));
  feed.Watch(Key(KeyName(3), 1000));
  feed.DeleteAll();
  feed.PutNow("other49", "x");
  EXPECT_TRUE(feed.RunOne());
  EXPECT_EQ(feed.feed->statistics().behind, 11);
  others->RequestProgress();
  feed.RunAll();
  EXPECT_THAT(others_sink.Told(id), ElementsAre("put other49 9"));
  EXPECT_THAT(others_sink.progress, ElementsAre(testing::Pair(kNoWatchId, 9)));
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(feed.sink.Told(feed.ids[i]), Deletions(8));
  EXPECT_THAT(feed.sink.Told(feed.ids[10]), ElementsAre("delete k3 8"));
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(LargeRevisionTest, ManyFallALittleAtATimeAndMayBeCancelledMeanwhile) {
  constexpr int kRanges = 5000;
  Overlapping feed({.hits = 100});
  feed.WatchAll(kRanges);
  feed.DeleteAll();
  feed.PutNow("k", "y");
  feed.channel->RequestProgress();
  EXPECT_TRUE(feed.RunOne());
  EXPECT_EQ(feed.feed->statistics().behind, kRanges);
  std::vector<int64_t> cancelled;
  for (size_t i = 0; i < kRanges; i += 7) {
    EXPECT_TRUE(feed.channel->Cancel(feed.ids[i]));
    cancelled.push_back(feed.ids[i]);
  }
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.RunAll();
  size_t heard = 0;
  for (const int64_t id : feed.ids) heard += feed.sink.Told(id).size();
  EXPECT_EQ(heard, (feed.ids.size() - cancelled.size()) * (kKeys + 1));
  for (const int64_t id : cancelled) EXPECT_THAT(feed.sink.Told(id), IsEmpty());
  EXPECT_EQ(feed.sink.progress.size(), 1u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  feed.DeleteAll();
  EXPECT_TRUE(feed.RunOne());
  feed.channel.reset();
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  EXPECT_EQ(feed.feed->statistics().watchers, 0);
}

}  // namespace
}  // namespace quorate::watch
