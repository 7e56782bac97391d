// Progress, asked for and periodic.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(FeedProgressTest, ProgressIsToldOnceAllAreInStep) {
  OneChannel feed;
  for (int i = 0; i < 3; ++i) feed.PutNow("k", std::to_string(i));
  feed.channel->RequestProgress();
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, IsEmpty()) << "without watchers there is nothing to tell";
  feed.Watch(Key("k"));
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 4)));
  feed.Watch(Key("k", 2));
  feed.channel->RequestProgress();
  EXPECT_EQ(feed.sink.progress.size(), 1u) << "one is behind";
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 4), Pair(kNoWatchId, 4)));
  feed.Watch(Key("k", 100));
  feed.channel->RequestProgress();
  feed.RunAll();
  EXPECT_EQ(feed.sink.progress.size(), 2u) << "one is ahead";
}

TEST(FeedProgressTest, ProgressIsNeverAheadOfAnEventAndNotBehindWhatWasThere) {
  OneChannel feed;
  const int64_t id = feed.Watch(Key("k"));
  feed.PutNow("k", "1");
  feed.PutNow("other", "1");
  feed.channel->RequestProgress();  // before the loop has pulled
  EXPECT_THAT(feed.sink.Told(id), IsEmpty()) << "who asks often does not make the loop pull as often";
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.RunAll();
  EXPECT_THAT(feed.sink.Told(id), ElementsAre("put k 2"));
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 3)));
}

TEST(FeedProgressTest, OfProgressRequestsThatWaitTheFirstAndTheNewestAreAnswered) {
  OneChannel feed;
  feed.Watch(Key("k"));
  feed.PutNow("k", "1");
  feed.channel->RequestProgress();
  feed.PutNow("k", "2");
  feed.channel->RequestProgress();
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 3), Pair(kNoWatchId, 3)));
  feed.channel->RequestProgress();
  EXPECT_EQ(feed.sink.progress.size(), 3u) << "nothing waits any more";
}

TEST(FeedProgressTest, AnsweredProgressLeavesTheNewestRequestForWhenThereIsRoom) {
  OneChannel feed;
  feed.Watch(Key("k"));
  feed.PutNow("k", "1");
  feed.channel->RequestProgress();
  feed.channel->RequestProgress();
  feed.sink.progress_room = 1;
  feed.RunAll();
  EXPECT_EQ(feed.sink.progress.size(), 1u);
  feed.sink.progress_room = SIZE_MAX;
  feed.channel->Resume();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 2), Pair(kNoWatchId, 2)));
}

// The loop pulls one commit while two come, and progress is asked for as often.
TEST(FeedProgressTest, ProgressIsToldHoweverFarTheLoopStaysBehind) {
  OneChannel feed({.step_bytes = 1});
  feed.Watch(Key("k"));
  for (int i = 0; i < 10; ++i) {
    feed.PutNow("other", "1");
    feed.PutNow("other", "2");
    feed.channel->RequestProgress();
    feed.RunOne();
  }
  // Each time the newest request that was there at the answer before: 3, 5, 9.
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 3), Pair(kNoWatchId, 5), Pair(kNoWatchId, 9)));
  feed.RunAll();
  EXPECT_EQ(feed.sink.progress.back().second, feed.revision());
}

TEST(FeedProgressTest, ProgressIsNotToldWhileAnyWatcherIsYetToBegin) {
  OneChannel feed;
  feed.Watch(Key("k"));
  const int64_t third = feed.Watch(Key("k", 3));
  const int64_t far = feed.Watch(Key("k", 1000));
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  EXPECT_TRUE(feed.channel->Cancel(far));
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty()) << third << " begins at 3";
  feed.PutNow("k", "1");
  feed.RunAll();
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.PutNow("k", "2");
  feed.RunAll();
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 3)));
}

TEST(FeedProgressTest, SlowConsumerHearsOfProgressOnlyAfterItsEvents) {
  OneChannel feed;
  const int64_t id = feed.Watch(Key("k"));
  feed.sink.room = 1;
  for (int i = 0; i < 3; ++i) {
    feed.PutNow("k", std::to_string(i));
    feed.RunAll();
  }
  feed.channel->RequestProgress();
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.sink.room = SIZE_MAX;
  feed.channel->Resume();
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(id).size(), 3u);
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 4)));
}

TEST(FeedProgressTest, ProgressIsNeverBeforeWhatWasReadFromTheStore) {
  OneChannel feed({.window_events = 30, .step_bytes = 4000});
  for (int i = 0; i < 60; ++i) feed.PutNow("k", std::to_string(i));
  WatchRequest request = Key("k", 2);
  request.progress_notify = true;
  const int64_t id = feed.Watch(request);
  feed.RunOne();
  feed.channel->RequestProgress();
  // More than the loop pulls at once, and nothing to the watcher but for the last.
  for (int i = 0; i < 25; ++i) feed.PutNow("other", std::string(3000, 'x'));
  feed.PutNow("k", "last");
  ASSERT_TRUE(feed.RunBlocking());
  while (feed.feed->statistics().behind > 0 && feed.RunOne()) {
  }
  ASSERT_THAT(feed.sink.Told(id), Contains("put k 87")) << "the loop has not come so far";
  feed.channel->NotifyProgress();
  feed.channel->NotifyProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 87)));
}

TEST(FeedProgressTest, ProgressAskedForWithoutWatchersIsNotToldOfLaterOnes) {
  OneChannel feed;
  feed.PutNow("k", "1");
  feed.channel->RequestProgress();
  feed.Watch(Key("k"));
  feed.PutNow("k", "2");
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
}

TEST(FeedProgressTest, ProgressIsToldOnceTheLastThatIsBehindIsCancelled) {
  OneChannel feed;
  feed.PutNow("k", "1");
  feed.Watch(Key("k"));
  const int64_t behind = feed.Watch(Key("k", 1));
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  EXPECT_TRUE(feed.channel->Cancel(behind));
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 2)));
}

TEST(FeedProgressTest, ProgressIsToldOnceCompactionHasEndedTheLastThatIsBehind) {
  OneChannel feed;
  for (int i = 0; i < 4; ++i) feed.PutNow("k", "1");
  feed.CompactNow(4);
  feed.Watch(Key("k"));
  feed.Watch(Key("k", 2));
  feed.channel->RequestProgress();
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 5)));
}

TEST(FeedProgressTest, PeriodicNoticePassesOverWhoHeardSomething) {
  OneChannel feed;
  WatchRequest request = Key("k");
  request.progress_notify = true;
  const int64_t id = feed.Watch(request);
  feed.Watch(Key("k"));
  feed.channel->NotifyProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(id, 1)));
  feed.PutNow("k", "1");
  feed.RunAll();
  feed.channel->NotifyProgress();
  EXPECT_EQ(feed.sink.progress.size(), 1u);
  feed.channel->NotifyProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(id, 1), Pair(id, 2)));
  EXPECT_TRUE(feed.channel->wants_notices());
  feed.channel->Cancel(id);
  EXPECT_FALSE(feed.channel->wants_notices());
}

TEST(FeedProgressTest, PeriodicNoticeIsNotForWhoIsYetToBegin) {
  OneChannel feed;
  feed.PutNow("other", "1");
  std::vector<int64_t> ids;
  for (const int64_t start : {0, 2, 3, 4}) {
    WatchRequest request = Key("k", start);
    request.progress_notify = true;
    ids.push_back(feed.Watch(request));
  }
  feed.RunAll();
  feed.channel->NotifyProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(ids[0], 2), Pair(ids[1], 2)));
  feed.PutNow("other", "2");
  feed.RunAll();
  feed.sink.progress.clear();
  feed.channel->NotifyProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(ids[0], 3), Pair(ids[1], 3), Pair(ids[2], 3)));
}

}  // namespace
}  // namespace quorate::watch
