#include "src/watch/read_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace quorate::watch {
namespace {

using testing::ElementsAre;

std::vector<uint64_t> TakeAll(ReadQueue& queue) {
  std::vector<uint64_t> taken;
  while (const uint64_t scan = queue.Take()) taken.push_back(scan);
  return taken;
}

TEST(ReadQueueTest, TurnsGoRoundTheChannels) {
  ReadQueue queue;
  for (uint64_t scan = 1; scan <= 5; ++scan) queue.Add(scan, 1);
  queue.Add(10, 2);
  queue.Add(11, 2);
  queue.Add(20, 3);
  EXPECT_EQ(queue.Waiting(1), 5u);
  EXPECT_THAT(TakeAll(queue), ElementsAre(1, 10, 20, 2, 11, 3, 4, 5));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Waiting(1), 0u);
}

TEST(ReadQueueTest, WhoHasHadItsTurnWaitsForAllOthers) {
  ReadQueue queue;
  for (uint64_t scan = 1; scan <= 3; ++scan) queue.Add(scan, 1);
  queue.Add(10, 2);
  std::vector<uint64_t> taken;
  for (int i = 0; i < 8; ++i) {
    taken.push_back(queue.Take());
    queue.Add(taken.back(), taken.back() < 10 ? 1 : 2);
  }
  EXPECT_THAT(taken, ElementsAre(1, 10, 2, 10, 3, 10, 1, 10));
}

TEST(ReadQueueTest, ScanThatMovesHasOneTurnAsOneOfTheOtherChannel) {
  ReadQueue queue;
  for (uint64_t scan = 1; scan <= 4; ++scan) queue.Add(scan, 1);
  queue.Move(4, 2);
  queue.Move(3, 2);
  queue.Move(3, 1);
  queue.Move(7, 1);
  EXPECT_EQ(queue.Waiting(1), 3u);
  EXPECT_EQ(queue.Waiting(2), 1u);
  EXPECT_THAT(TakeAll(queue), ElementsAre(1, 4, 2, 3));
}

TEST(ReadQueueTest, ChannelWithoutScansHasNoTurn) {
  ReadQueue queue;
  queue.Add(1, 1);
  queue.Move(1, 2);
  queue.Add(2, 2);
  EXPECT_THAT(TakeAll(queue), ElementsAre(1, 2));
  EXPECT_EQ(queue.Take(), 0u);
}

}  // namespace
}  // namespace quorate::watch
