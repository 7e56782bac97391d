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

}  // namespace
}  // namespace quorate::watch
