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

}  // namespace
}  // namespace quorate::watch
