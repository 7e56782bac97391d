#include "quorate/watch/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(FeedTest, WatcherFromNowOnHearsWhatComes) {
  OneChannel feed;
  feed.PutNow("k", "old");
  const int64_t id = feed.Watch(Key("k"));
  EXPECT_EQ(feed.revision_then, 2);
  feed.PutNow("k", "1");
  feed.PutNow("other", "1");
  feed.DeleteNow("k");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3", "delete k 5"));
}

TEST(FeedTest, WatcherFromThePastReadsHistoryThenGoesOnLive) {
  OneChannel feed;
  for (int i = 0; i < 4; ++i) feed.PutNow("k", std::to_string(i));
  const int64_t id = feed.Watch(Key("k", 3));
  EXPECT_THAT(feed.sink.Told(id), IsEmpty()) << "before the client knows its id";
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3", "put k 4", "put k 5"));
  EXPECT_EQ(feed.sink.deliveries, 1u) << "one response for what was there";
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  feed.PutNow("k", "x");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3", "put k 4", "put k 5", "put k 6"));
}

TEST(FeedTest, WatcherFromTheFutureHearsNothingEarlier) {
  OneChannel feed;
  const int64_t id = feed.Watch(Key("k", 4));
  for (int i = 0; i < 4; ++i) feed.PutNow("k", std::to_string(i));
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 4", "put k 5"));
}

TEST(FeedTest, CommitThatTheLoopHasNotPulledYetIsNotHeardFromNowOn) {
  OneChannel feed;
  feed.Watch(Key("first"));
  feed.PutNow("k", "1");
  const int64_t id = feed.Watch(Key("k"));
  EXPECT_EQ(feed.revision_then, 2);
  feed.PutNow("k", "2");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3"));
}

TEST(FeedTest, EventsOfOneTransactionComeTogether) {
  OneChannel feed;
  const int64_t id = feed.Watch(Everything());
  for (const char* key : {"a", "b", "c"}) feed.Put(key, "1");
  feed.Commit();
  feed.RunAll();
  const size_t before = feed.sink.deliveries;
  feed.Delete("a", "z");
  feed.Commit();
  feed.RunAll();
  EXPECT_EQ(feed.sink.deliveries, before + 1);
  EXPECT_THAT(feed.sink.Told(id),
              ElementsAre("put a 2", "put b 3", "put c 4", "delete a 5", "delete b 5", "delete c 5"));
}

TEST(FeedTest, IdsAreTheClientsOrTheNextFree) {
  OneChannel feed;
  EXPECT_EQ(feed.Watch(Key("k"), 1), 1);
  EXPECT_EQ(feed.Watch(Key("k")), 0);
  EXPECT_EQ(feed.Watch(Key("k")), 2);
  EXPECT_EQ(feed.Watch(Key("k"), -5), -5);
  EXPECT_EQ(feed.Refusal(Key("k"), 2), "mvcc: duplicate watch ID provided on the WatchStream");
  EXPECT_EQ(feed.Refusal(Range("b", "a")), "mvcc: watcher range is empty");
  EXPECT_EQ(feed.Refusal(Range("b", "b")), "mvcc: watcher range is empty");
  EXPECT_TRUE(feed.channel->Cancel(2));
  EXPECT_FALSE(feed.channel->Cancel(2));
  EXPECT_FALSE(feed.channel->Cancel(77));
  EXPECT_EQ(feed.Watch(Key("k"), 2), 2);
}

TEST(FeedTest, FiltersLeaveOut) {
  OneChannel feed;
  WatchRequest no_put = Key("k"), no_delete = Key("k");
  no_put.no_put = true;
  no_delete.no_delete = true;
  const int64_t deletes = feed.Watch(no_put);
  const int64_t puts = feed.Watch(no_delete);
  feed.PutNow("k", "1");
  feed.DeleteNow("k");
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(deletes), ElementsAre("delete k 3"));
  EXPECT_THAT(feed.sink.Told(puts), ElementsAre("put k 2"));
}

TEST(FeedTest, StreamIsInTheOrderOfRevisionsAcrossItsWatchers) {
  struct Order : Recorder {
    bool OnEvents(int64_t id, const WatchRequest& request, const Selection& events, int64_t revision) override {
      for (size_t i = 0; i < events.size(); ++i) revisions.push_back(events.event(i).revision());
      return Recorder::OnEvents(id, request, events, revision);
    }
    std::vector<int64_t> revisions;
  };
  TestFeed feed;
  Order sink;
  auto channel = feed.feed->Open(&sink);
  int64_t revision;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(channel->Watch(0, Range("a", "z"), &revision).ok());
  for (int i = 0; i < 20; ++i) feed.PutNow("k", "v");
  feed.RunAll();
  EXPECT_EQ(sink.revisions.size(), 60u);
  EXPECT_TRUE(std::is_sorted(sink.revisions.begin(), sink.revisions.end()));
}

TEST(FeedTest, WithoutWatchersNothingIsKept) {
  OneChannel feed;
  feed.PutNow("k", "1");
  EXPECT_EQ(feed.hub->window_events(), 0u);
  const int64_t id = feed.Watch(Key("k"));
  feed.PutNow("k", "2");
  EXPECT_EQ(feed.hub->window_events(), 1u);
  feed.channel->Cancel(id);
  EXPECT_EQ(feed.hub->window_events(), 0u);
  feed.RunAll();
  EXPECT_EQ(feed.feed->statistics().watchers, 0);
}

TEST(FeedTest, CancelSaysHowLongTheRangeWas) {
  OneChannel feed;
  const int64_t key = feed.Watch(Key("abc"));
  const int64_t range = feed.Watch(Range("abc", "abcde"));
  const int64_t all = feed.Watch(Everything());
  EXPECT_EQ(feed.channel->Cancel(range), 8u);
  EXPECT_EQ(feed.channel->Cancel(all), 1u) << "the key that stands for the empty one was not asked for";
  EXPECT_EQ(feed.channel->Cancel(key), 3u);
}

}  // namespace
}  // namespace quorate::watch
