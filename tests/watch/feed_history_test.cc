// Watchers that begin in the past or fall behind, and what is read for them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(FeedHistoryTest, ConsumerThatTakesNothingIsLeftAloneAndCatchesUpLater) {
  OneChannel feed;
  Recorder other_sink;
  auto other = feed.feed->Open(&other_sink);
  int64_t revision;
  const int64_t other_id = *other->Watch(0, Key("k"), &revision);
  const int64_t id = feed.Watch(Key("k"));
  feed.sink.room = 1;
  for (int i = 0; i < 5; ++i) {
    feed.PutNow("k", std::to_string(i));
    feed.RunAll();
  }
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2"));
  EXPECT_EQ(other_sink.Told(other_id).size(), 5u);
  EXPECT_EQ(feed.feed->statistics().behind, 1);
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.PutNow("k", "last");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2", "put k 3", "put k 4", "put k 5", "put k 6", "put k 7"));
  EXPECT_EQ(feed.feed->statistics().history_reads, 0u) << "the window had it all";
}

TEST(FeedHistoryTest, ConsumerThatTheWindowHasPassedReadsTheStore) {
  OneChannel feed({.window_events = 2});
  const int64_t id = feed.Watch(Key("k"));
  feed.sink.room = 1;
  for (int i = 0; i < 6; ++i) {
    feed.PutNow("k", std::to_string(i));
    feed.RunAll();
  }
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(id).size(), 6u);
  EXPECT_EQ(feed.feed->statistics().history_reads, 1u);
}

TEST(FeedHistoryTest, LoopThatTheWindowHasPassedReadsTheStore) {
  OneChannel feed({.window_events = 2});
  const int64_t id = feed.Watch(Key("k"));
  for (int i = 0; i < 6; ++i) feed.PutNow("k", std::to_string(i));
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(id).size(), 6u);
  EXPECT_EQ(feed.feed->statistics().history_reads, 1u);
}

TEST(FeedHistoryTest, FormerValuesComeFromMemoryOrFromTheStore) {
  for (const size_t cache_bytes : {size_t{1} << 20, size_t{0}}) {
    OneChannel feed({.cache_bytes = cache_bytes});
    feed.PutNow("k", "1");
    WatchRequest request = Key("k");
    request.prev_kv = true;
    const int64_t id = feed.Watch(request);
    feed.PutNow("k", "2");
    feed.DeleteNow("k");
    feed.PutNow("k", "3");
    feed.RunAll();
    const auto& heard = feed.sink.events[id];
    ASSERT_EQ(heard.size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(heard[i].former, feed.history[i + 1].former) << i;
    EXPECT_TRUE(heard[1].former.has_value());
    EXPECT_EQ(feed.feed->statistics().history_reads > 0, cache_bytes == 0);
  }
}

TEST(FeedHistoryTest, FormerValueIsThatBeforeTheWholeTransaction) {
  OneChannel feed({.cache_bytes = 0});
  feed.PutNow("k", "before");
  WatchRequest request = Key("k");
  request.prev_kv = true;
  const int64_t id = feed.Watch(request);
  // The API takes a put and a range that deletes its key in one transaction when the range ends at "\0".
  mvcc::RequestOp put, erase;
  put.request = mvcc::PutRequest{.key = "k", .value = "within"};
  erase.request = mvcc::DeleteRangeRequest{.key = "a", .range_end = std::string_view("\0", 1)};
  feed.Txn({put, erase});
  feed.Commit();
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3", "delete k 3"));
  for (const auto& heard : feed.sink.events[id]) EXPECT_EQ(heard.former, feed.history[0].kv);
}

TEST(FeedHistoryTest, ReadThatFailsForWantOfAThreadIsTriedAgain) {
  OneChannel feed;
  feed.PutNow("k", "1");
  const int64_t id = feed.Watch(Key("k", 1));
  while (feed.RunOne()) {
  }
  ASSERT_EQ(feed.blocking.size(), 1u);
  feed.blocking.front()(absl::ResourceExhaustedError("no thread"));
  feed.blocking.clear();
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), IsEmpty());
  feed.LetTimePass();
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2"));
}

TEST(FeedHistoryTest, HistoryThatIsDamagedEndsThoseWhoNeedIt) {
  OneChannel feed;
  feed.PutNow("k", "1");
  const int64_t live = feed.Watch(Key("k"));
  const int64_t behind = feed.Watch(Key("k", 1));
  feed.channel->RequestProgress();
  while (feed.RunOne()) {
  }
  ASSERT_EQ(feed.blocking.size(), 1u);
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.blocking.front()(absl::DataLossError("000012.sst is damaged"));
  feed.blocking.clear();
  feed.RunAll();
  EXPECT_THAT(feed.sink.failed, ElementsAre(Pair(behind, absl::DataLossError("000012.sst is damaged"))));
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 2))) << "nobody is behind any more";
  EXPECT_THAT(feed.later, IsEmpty());
  feed.PutNow("k", "2");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(live), ElementsAre("put k 3"));
  EXPECT_TRUE(feed.channel->Cancel(behind));
}

TEST(FeedHistoryTest, HistoryThatCannotBeReadIsTriedLessAndLessOften) {
  OneChannel feed;
  feed.PutNow("k", "1");
  const int64_t id = feed.Watch(Key("k", 1));
  std::vector<std::chrono::milliseconds> waited;
  for (int i = 0; i < 9; ++i) {
    while (feed.RunOne()) {
    }
    ASSERT_EQ(feed.blocking.size(), 1u);
    feed.blocking.front()(absl::InternalError("input/output error"));
    feed.blocking.clear();
    while (feed.RunOne()) {
    }
    waited.push_back(feed.later_after);
    feed.LetTimePass();
  }
  EXPECT_EQ(waited.front(), kHistoryRetry);
  EXPECT_EQ(waited[1], 2 * kHistoryRetry);
  EXPECT_EQ(waited.back(), kHistoryRetryMax);
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2"));
}

// Each of many that fell behind at another event joins the same scan, the last one first.
TEST(FeedHistoryTest, ResumingCostsEachWatcherOnce) {
  OneChannel feed;
  constexpr int kWatchers = 200;
  std::vector<int64_t> ids;
  for (int i = 0; i < kWatchers; ++i) ids.push_back(feed.Watch(Key(std::to_string(i))));
  const int64_t other = feed.Watch(Key("other"));
  feed.sink.room = 1;
  feed.PutNow("other", "x");
  feed.RunAll();
  for (int i = 0; i < kWatchers; ++i) feed.PutNow(std::to_string(i), "x");
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().behind, kWatchers);
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  EXPECT_LE(feed.feed->statistics().positions_kept, static_cast<uint64_t>(kWatchers));
  feed.RunAll();
  for (int i = 0; i < kWatchers; ++i) EXPECT_EQ(feed.sink.Told(ids[static_cast<size_t>(i)]).size(), 1u);
  EXPECT_EQ(feed.sink.Told(other).size(), 1u);
}

// Who begins further back makes the scan begin again there, but nobody hears twice.
TEST(FeedHistoryTest, JoiningAScanThatIsUnderWayFromFurtherBackRepeatsNothing) {
  OneChannel feed({.walked = 2});
  for (int i = 0; i < 8; ++i) feed.PutNow("k", "x");
  const int64_t first = feed.Watch(Key("k", 4));
  feed.RunOne();
  feed.RunBlocking();
  feed.RunOne();
  const int64_t second = feed.Watch(Key("k", 3));
  const int64_t third = feed.Watch(Key("k", 2));
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(first).size(), 6u);
  EXPECT_EQ(feed.sink.Told(second).size(), 7u);
  EXPECT_EQ(feed.sink.Told(third).size(), 8u);
}

}  // namespace
}  // namespace quorate::watch
