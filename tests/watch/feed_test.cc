#include "quorate/watch/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

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

TEST(FeedTest, ConsumerThatTakesNothingIsLeftAloneAndCatchesUpLater) {
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

TEST(FeedTest, ConsumerThatTheWindowHasPassedReadsTheStore) {
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

TEST(FeedTest, LoopThatTheWindowHasPassedReadsTheStore) {
  OneChannel feed({.window_events = 2});
  const int64_t id = feed.Watch(Key("k"));
  for (int i = 0; i < 6; ++i) feed.PutNow("k", std::to_string(i));
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(id).size(), 6u);
  EXPECT_EQ(feed.feed->statistics().history_reads, 1u);
}

TEST(FeedTest, CompactedStartEndsTheWatcher) {
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

TEST(FeedTest, DeletionAtTheCompactedRevisionIsHeard) {
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

TEST(FeedTest, SlowWatcherThatCompactionHasPassedEnds) {
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
TEST(FeedTest, CompactionTakesNothingButFormerValuesFromWhoMakesADetourForThem) {
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
int64_t WatchOnADetour(OneChannel* feed) {
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

TEST(FeedTest, WhoBeginsBeforeTheCompactedRevisionEndsBesideADetour) {
  OneChannel feed({.cache_bytes = 0});
  const int64_t id = WatchOnADetour(&feed);
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

TEST(FeedTest, DetourEndsWhereCompactionAndTheWindowHavePassedIt) {
  OneChannel feed({.window_events = 1, .cache_bytes = 0});
  const int64_t id = WatchOnADetour(&feed);
  feed.PutNow("other", "1");
  feed.CompactNow(4);
  feed.RunAll();
  EXPECT_THAT(feed.sink.compacted, ElementsAre(Pair(id, 4)));
  EXPECT_THAT(feed.sink.Told(id), IsEmpty());
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

TEST(FeedTest, FormerValuesComeFromMemoryOrFromTheStore) {
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

TEST(FeedTest, FormerValueIsThatBeforeTheWholeTransaction) {
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

TEST(FeedTest, ProgressIsToldOnceAllAreInStep) {
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

TEST(FeedTest, ProgressIsNeverAheadOfAnEventAndNotBehindWhatWasThere) {
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

TEST(FeedTest, OfProgressRequestsThatWaitTheFirstAndTheNewestAreAnswered) {
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

TEST(FeedTest, AnsweredProgressLeavesTheNewestRequestForWhenThereIsRoom) {
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
TEST(FeedTest, ProgressIsToldHoweverFarTheLoopStaysBehind) {
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

TEST(FeedTest, ProgressIsNotToldWhileAnyWatcherIsYetToBegin) {
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

TEST(FeedTest, SlowConsumerHearsOfProgressOnlyAfterItsEvents) {
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

TEST(FeedTest, ProgressIsNeverBeforeWhatWasReadFromTheStore) {
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

TEST(FeedTest, PeriodicNoticePassesOverWhoHeardSomething) {
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

TEST(FeedTest, PeriodicNoticeIsNotForWhoIsYetToBegin) {
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

TEST(FeedTest, ReadThatFailsForWantOfAThreadIsTriedAgain) {
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

TEST(FeedTest, HistoryThatIsDamagedEndsThoseWhoNeedIt) {
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

TEST(FeedTest, HistoryThatCannotBeReadIsTriedLessAndLessOften) {
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

TEST(FeedTest, ProgressAskedForWithoutWatchersIsNotToldOfLaterOnes) {
  OneChannel feed;
  feed.PutNow("k", "1");
  feed.channel->RequestProgress();
  feed.Watch(Key("k"));
  feed.PutNow("k", "2");
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
}

TEST(FeedTest, ProgressIsToldOnceTheLastThatIsBehindIsCancelled) {
  OneChannel feed;
  feed.PutNow("k", "1");
  feed.Watch(Key("k"));
  const int64_t behind = feed.Watch(Key("k", 1));
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, IsEmpty());
  EXPECT_TRUE(feed.channel->Cancel(behind));
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 2)));
}

TEST(FeedTest, ProgressIsToldOnceCompactionHasEndedTheLastThatIsBehind) {
  OneChannel feed;
  for (int i = 0; i < 4; ++i) feed.PutNow("k", "1");
  feed.CompactNow(4);
  feed.Watch(Key("k"));
  feed.Watch(Key("k", 2));
  feed.channel->RequestProgress();
  feed.RunAll();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, 5)));
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

// Each of many that fell at another event joins the same scan, the last one first.
TEST(FeedTest, ResumingCostsEachWatcherOnce) {
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
TEST(FeedTest, JoiningAScanThatIsUnderWayFromFurtherBackRepeatsNothing) {
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
