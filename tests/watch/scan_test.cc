// Who reads history together, and what that costs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;

TEST(ScanTest, HasNoMoreThanSoManyRanges) {
  OneChannel feed({.scan_ranges = 4});
  for (int i = 0; i < 10; ++i) feed.PutNow("k" + std::to_string(i), "x");
  std::vector<int64_t> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(feed.Watch(Key("k" + std::to_string(i), 2)));
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().history_reads, 3u);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_THAT(feed.sink.Told(ids[i]), ElementsAre("put k" + std::to_string(i) + " " + std::to_string(i + 2)));
  }
}

TEST(ScanTest, HasRangesOfNoMoreThanSoManyBytes) {
  OneChannel feed({.scan_range_bytes = 3000});
  const auto key = [](int i) { return std::to_string(i) + std::string(999, 'k'); };
  for (int i = 0; i < 9; ++i) feed.PutNow(key(i), "x");
  std::vector<int64_t> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(feed.Watch(Key(key(i), 2)));
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().history_reads, 3u);
  for (size_t i = 0; i < 9; ++i) EXPECT_EQ(feed.sink.Told(ids[i]).size(), 1u);
}

TEST(ScanTest, LeavesRoomForOthersOnceSomeHaveLeft) {
  OneChannel feed({.scan_range_bytes = 2000});
  const auto key = [](int i) { return std::to_string(i) + std::string(999, 'k'); };
  for (int i = 0; i < 4; ++i) feed.PutNow(key(i), "x");
  const int64_t first = feed.Watch(Key(key(0), 2));
  feed.Watch(Key(key(1), 2));
  feed.channel->Cancel(first);
  feed.Watch(Key(key(2), 2));
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().history_reads, 1u);
}

TEST(ScanTest, CancellationsDoNotCopyTheRangesAnew) {
  OneChannel feed({.walked = 1});
  constexpr int kKeys = 40;
  std::vector<int64_t> ids;
  for (int i = 0; i < kKeys; ++i) feed.PutNow("k" + std::to_string(i), "x");
  for (int i = 0; i < kKeys; ++i) ids.push_back(feed.Watch(Key("k" + std::to_string(i), 2)));
  for (const int64_t id : ids) {
    feed.channel->Cancel(id);
    while (feed.RunOne()) {
    }
    feed.RunBlocking();
  }
  EXPECT_GT(feed.feed->statistics().history_reads, 20u);
  EXPECT_LE(feed.feed->statistics().filters_made, 7u) << "once for each halving";
}

// One client with watchers all over history, and another one, who is only just behind or wants a few revisions of it.
struct Spread : OneChannel {
  static constexpr int kSpread = 300;

  Spread() : OneChannel({.window_events = 8, .walked = 4, .scan_join = 2}), other(feed->Open(&other_sink)) {
    for (int i = 0; i < 4 * kSpread; ++i) PutNow("k", "x");
    for (int i = 0; i < kSpread; ++i) Watch(Key("unused", 2 + 4 * i));
  }
  int64_t WatchOther(WatchRequest request) {
    int64_t revision;
    return *other->Watch(0, std::move(request), &revision);
  }
  // Reads of history until the other one has heard so much.
  uint64_t ReadsUntil(int64_t id, size_t told) {
    const uint64_t before = feed->statistics().history_reads;
    while (other_sink.Told(id).size() < told && (RunOne() || RunBlocking())) {
    }
    EXPECT_GE(other_sink.Told(id).size(), told);
    return feed->statistics().history_reads - before;
  }

  Recorder other_sink;
  std::unique_ptr<Channel> other;
};

TEST(ScanTest, WhatTheWindowHoldsWaitsForNoRead) {
  Spread feed;
  for (int i = 0; i < 4; ++i) feed.PutNow("k", "y");
  feed.RunOne();
  const int64_t id = feed.WatchOther(Key("k", feed.revision() - 3));
  EXPECT_LE(feed.ReadsUntil(id, 4), 4u);
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(ScanTest, ReadsForOneChannelDelayAnothersByNoMoreThanItsShare) {
  Spread feed;
  feed.RunOne();
  const int64_t id = feed.WatchOther(Key("k", 2));
  // Four revisions at a time, in every second read, and two reads under way before.
  EXPECT_LE(feed.ReadsUntil(id, 40), 30u);
}

TEST(ScanTest, TakesThoseWhoComeToItBetweenMany) {
  OneChannel feed({.walked = 1000, .scan_join = 2});
  constexpr int kAreas = 40;
  for (int i = 0; i < 10 * kAreas; ++i) feed.PutNow("k", "x");
  std::vector<int64_t> starts, ids;
  for (int i = 0; i < 5 * kAreas; ++i) starts.push_back(2 + 10 * (i % kAreas) + i % 3);
  for (const int64_t start : starts) ids.push_back(feed.Watch(Key("k", start)));
  feed.RunAll();
  EXPECT_LE(feed.feed->statistics().history_reads, static_cast<uint64_t>(kAreas));
  for (size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(feed.sink.Told(ids[i]).size(), static_cast<size_t>(10 * kAreas + 2 - starts[i]));
  }
}

}  // namespace
}  // namespace quorate::watch
