// Watchers whose history is compacted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(FeedCompactionTest, CompactedStartEndsTheWatcher) {
  OneChannel feed;
  for (int i = 0; i < 4; ++i) feed.PutNow("k", std::to_string(i));
  feed.CompactNow(4);
  const int64_t early = feed.Watch(Key("k", 3));
  const int64_t on_time = feed.Watch(Key("k", 4));
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, ElementsAre(Pair(early, 4)));
  EXPECT_THAT(feed.sink.Told(early), IsEmpty());
  EXPECT_THAT(feed.sink.Told(on_time), ElementsAre("put k 4", "put k 5"));
  EXPECT_EQ(feed.Refusal(Key("k"), early == 0 ? 1 : early), "mvcc: duplicate watch ID provided on the WatchStream");
  EXPECT_TRUE(feed.channel->Cancel(early));
  EXPECT_FALSE(feed.channel->Cancel(early));
}

TEST(FeedCompactionTest, DeletionAtTheCompactedRevisionIsHeard) {
  OneChannel feed;
  feed.PutNow("k", "1");
  const int64_t gone = feed.DeleteNow("k");
  feed.PutNow("other", "1");
  feed.CompactNow(gone);
  feed.WaitForGarbage(gone);
  const int64_t id = feed.Watch(Key("k", gone));
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("delete k 3"));
}

TEST(FeedCompactionTest, SlowWatcherThatCompactionHasPassedEnds) {
  OneChannel feed;
  const int64_t id = feed.Watch(Key("k"));
  feed.sink.room = 1;
  for (int i = 0; i < 5; ++i) feed.PutNow("k", std::to_string(i));
  feed.RunAll();
  const size_t heard = feed.sink.Told(id).size();
  for (int i = 0; i < 5; ++i) feed.PutNow("k", std::to_string(i));
  feed.RunAll();
  feed.CompactNow(feed.revision());
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, ElementsAre(Pair(id, 11)));
  EXPECT_EQ(feed.sink.Told(id).size(), heard);
}

// Compaction comes before the read begins, or while that waits for a thread.
TEST(FeedCompactionTest, CompactionTakesNothingButFormerValuesFromWhoKeptUp) {
  for (const bool reading : {false, true}) {
    OneChannel feed({.cache_bytes = 0});
    feed.PutNow("k", "1");
    WatchRequest request = Key("k");
    request.prev_kv = true;
    const int64_t id = feed.Watch(request);
    feed.PutNow("k", "2");
    if (reading) {
      while (feed.RunOne()) {
      }
      ASSERT_EQ(feed.blocking.size(), 1u);
    }
    feed.PutNow("k", "3");
    feed.PutNow("other", "1");
    feed.CompactNow(5);
    feed.PutNow("k", "4");
    feed.RunAll();
    EXPECT_THAT(feed.sink.compacted, IsEmpty());
    EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3", "put k 4", "put k 6"));
    const auto& heard = feed.sink.events[id];
    ASSERT_EQ(heard.size(), 3u);
    EXPECT_FALSE(heard[0].former.has_value());
    EXPECT_FALSE(heard[1].former.has_value());
    EXPECT_EQ(heard[2].former, feed.history[2].kv) << "it is not hidden, so it is read";
    EXPECT_EQ(feed.feed->statistics().behind, 0);
  }
}

// A watcher of k whose event at revision 3 waits for a thread to read what k was before. The feed has no cache.
int64_t WatchWaitingForFormer(OneChannel* feed) {
  feed->PutNow("k", "1");
  WatchRequest request = Key("k");
  request.prev_kv = true;
  const int64_t id = feed->Watch(request);
  feed->PutNow("k", "2");
  while (feed->RunOne()) {
  }
  EXPECT_EQ(feed->blocking.size(), 1u);
  return id;
}

TEST(FeedCompactionTest, WhoBeginsBeforeTheCompactedRevisionEndsBesideWhoKeptUp) {
  OneChannel feed({.cache_bytes = 0});
  const int64_t id = WatchWaitingForFormer(&feed);
  feed.PutNow("other", "1");
  feed.CompactNow(4);
  WatchRequest request = Key("k");
  request.start_revision = 3;
  const int64_t late = feed.Watch(request);
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, ElementsAre(Pair(late, 4)));
  EXPECT_THAT(feed.sink.Told(late), IsEmpty());
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 3"));
}

TEST(FeedCompactionTest, WhoKeptUpEndsWhereCompactionAndTheWindowHavePassedIt) {
  OneChannel feed({.window_events = 1, .cache_bytes = 0});
  const int64_t id = WatchWaitingForFormer(&feed);
  feed.PutNow("other", "1");
  feed.CompactNow(4);
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, ElementsAre(Pair(id, 4)));
  EXPECT_THAT(feed.sink.Told(id), IsEmpty());
}

}  // namespace
}  // namespace quorate::watch
