// Revisions of many former values.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/watch/feed_testing.h"

namespace quorate::watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr int kKeys = 8;
constexpr size_t kValueBytes = 10'000;

std::string KeyName(int i) { return "k" + std::to_string(i); }

struct Deleted : OneChannel {
  explicit Deleted(Bounds bounds) : OneChannel(bounds) {
    for (int i = 0; i < kKeys; ++i) PutNow(KeyName(i), std::string(kValueBytes, 'v'));
  }
  int64_t WatchFormer(WatchRequest request) {
    request.prev_kv = true;
    return Watch(std::move(request));
  }
  // With all reads that have to wait for each other.
  void RunAll() {
    do {
      LetTimePass();
      OneChannel::RunAll();
    } while (!later.empty());
  }
  void DeleteAll() {
    Delete("k", "l");
    Commit();
    deletion = revision();
    RunAll();
  }
  std::string Deletion(int i) const { return "delete " + KeyName(i) + " " + std::to_string(deletion); }
  size_t FormerHeard(int64_t id) {
    size_t count = 0;
    for (const auto& heard : sink.events[id]) count += heard.former.has_value() ? 1 : 0;
    return count;
  }

  int64_t deletion = 0;
};

// Whether they are in memory or not.
class FormerValuesTest : public testing::TestWithParam<size_t> {};

TEST_P(FormerValuesTest, WhoWouldHearOfTooManyEndsAndNobodyElse) {
  Deleted feed({.window_bytes = 1 << 30,
                .cache_bytes = GetParam(),
                .former_together = 3 * kValueBytes,
                .former = 5 * kValueBytes});
  const int64_t everything = feed.WatchFormer(Everything());
  const int64_t all = feed.WatchFormer(Range("k", "l"));
  const int64_t one = feed.WatchFormer(watch::Key(KeyName(3)));
  const int64_t four = feed.WatchFormer(Range(KeyName(2), KeyName(6)));
  const int64_t plain = feed.Watch(Range("k", "l"));
  WatchRequest only_puts = Range("k", "m");
  only_puts.no_delete = true;
  const int64_t puts = feed.WatchFormer(only_puts);
  const int64_t other = feed.WatchFormer(watch::Key("other"));
  feed.DeleteAll();
  EXPECT_THAT(feed.sink.failed, UnorderedElementsAre(Key(everything), Key(all)));
  EXPECT_THAT(feed.sink.failed[all].message(), HasSubstr("former values of revision 10"));
  EXPECT_THAT(feed.sink.Told(all), IsEmpty());
  EXPECT_THAT(feed.sink.Told(one), ElementsAre(feed.Deletion(3)));
  EXPECT_EQ(feed.FormerHeard(one), 1u);
  EXPECT_THAT(feed.sink.Told(four),
              ElementsAre(feed.Deletion(2), feed.Deletion(3), feed.Deletion(4), feed.Deletion(5)));
  EXPECT_EQ(feed.FormerHeard(four), 4u);
  EXPECT_EQ(feed.sink.Told(plain).size(), static_cast<size_t>(kKeys));
  EXPECT_EQ(feed.feed->statistics().behind, 0);
  EXPECT_EQ(feed.feed->statistics().former_too_large, 2u);
  feed.channel->RequestProgress();
  EXPECT_THAT(feed.sink.progress, ElementsAre(Pair(kNoWatchId, feed.deletion)));
  feed.PutNow("k", "after");
  feed.PutNow("other", "after");
  feed.RunAll();
  EXPECT_EQ(feed.sink.Told(plain).size(), kKeys + 1u);
  EXPECT_THAT(feed.sink.Told(puts), ElementsAre("put k 11"));
  EXPECT_THAT(feed.sink.Told(other), ElementsAre("put other 12"));
  EXPECT_TRUE(feed.channel->Cancel(all));
}

INSTANTIATE_TEST_SUITE_P(CacheBytes, FormerValuesTest, testing::Values(size_t{0}, size_t{1} << 20));

TEST(FormerValuesReadTest, WhatIsTooMuchTogetherIsReadForEachByItself) {
  Deleted feed({.cache_bytes = 0, .former_together = 3 * kValueBytes});
  std::vector<int64_t> ids;
  for (int i = 0; i < kKeys; ++i) ids.push_back(feed.WatchFormer(watch::Key(KeyName(i))));
  const int64_t all = feed.WatchFormer(Range("k", "l"));
  feed.DeleteAll();
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_THAT(feed.sink.Told(ids[static_cast<size_t>(i)]), ElementsAre(feed.Deletion(i)));
    EXPECT_EQ(feed.FormerHeard(ids[static_cast<size_t>(i)]), 1u);
  }
  EXPECT_EQ(feed.FormerHeard(all), static_cast<size_t>(kKeys));
  EXPECT_THAT(feed.sink.failed, IsEmpty());
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(FormerValuesReadTest, LargeReadsWaitForEachOther) {
  Deleted feed({.cache_bytes = 0, .former_together = kValueBytes});
  const int64_t first = feed.WatchFormer(Range("k", "l"));
  const int64_t second = feed.WatchFormer(Range("k", "m"));
  feed.Delete("k", "l");
  feed.Commit();
  ASSERT_TRUE(feed.hub->BeginLargeRead());
  feed.OneChannel::RunAll();
  EXPECT_THAT(feed.sink.events, IsEmpty());
  EXPECT_EQ(feed.later.size(), 2u);
  feed.hub->EndLargeRead();
  feed.RunAll();
  EXPECT_EQ(feed.FormerHeard(first), static_cast<size_t>(kKeys));
  EXPECT_EQ(feed.FormerHeard(second), static_cast<size_t>(kKeys));
  EXPECT_TRUE(feed.hub->BeginLargeRead());
}

TEST(FormerValuesReadTest, WhatCompactionHidesIsNotTooMuch) {
  Deleted feed({.former = 5 * kValueBytes});
  const int64_t id = feed.WatchFormer(Range("k", "l"));
  feed.Delete("k", "l");
  feed.Put("other", "x");
  feed.Commit();
  feed.CompactNow(feed.revision());
  feed.RunAll();
  EXPECT_THAT(feed.sink.failed, IsEmpty());
  EXPECT_THAT(feed.sink.compacted, IsEmpty());
  EXPECT_EQ(feed.sink.Told(id).size(), static_cast<size_t>(kKeys));
  EXPECT_EQ(feed.FormerHeard(id), 0u);
  EXPECT_EQ(feed.feed->statistics().behind, 0);
}

TEST(FormerValuesReadTest, OfManyRevisionsAreReadAFewAtATime) {
  Deleted feed({.step_bytes = 2 * kValueBytes, .cache_bytes = 0});
  for (int i = 0; i < kKeys; ++i) feed.DeleteNow(KeyName(i));
  const int64_t id = feed.WatchFormer(Range("k", "l", 10));
  feed.RunAll();
  EXPECT_EQ(feed.FormerHeard(id), static_cast<size_t>(kKeys));
  EXPECT_GE(feed.sink.deliveries, kKeys / 3u);
}

}  // namespace
}  // namespace quorate::watch
