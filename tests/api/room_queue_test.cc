#include "src/api/room_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace quorate::api {
namespace {

struct Waiting : AwaitsRoom {
  bool OnRoomLook() override {
    ++asked;
    if (has_room && again != nullptr) again->Add(this);
    return has_room;
  }
  int asked = 0;
  bool has_room = false;
  RoomQueue* again = nullptr;
};

struct Queue : RoomQueue {
  explicit Queue(size_t streams) : RoomQueue([](const std::function<void()>&) {}), streams(streams) {
    for (Waiting& stream : this->streams) Add(&stream);
  }
  size_t Asked() const {
    size_t asked = 0;
    for (const Waiting& stream : streams) asked += static_cast<size_t>(stream.asked);
    return asked;
  }
  std::deque<Waiting> streams;
};

TEST(RoomQueueTest, WhereNobodyFindsRoomFewAreAskedAndAllInTurn) {
  Queue queue(10 * RoomQueue::kRefusedInARowMax);
  for (size_t look = 1; look <= 10; ++look) {
    queue.Look();
    EXPECT_EQ(queue.Asked(), look * RoomQueue::kRefusedInARowMax);
  }
  for (const Waiting& stream : queue.streams) EXPECT_EQ(stream.asked, 1);
}

TEST(RoomQueueTest, FewGoOnAtOnceAndThoseWhoWaitLongestFirst) {
  Queue queue(3 * RoomQueue::kResumedMax);
  for (Waiting& stream : queue.streams) stream.has_room = true;
  queue.Look();
  EXPECT_EQ(queue.Asked(), RoomQueue::kResumedMax);
  for (size_t i = 0; i < RoomQueue::kResumedMax; ++i) EXPECT_EQ(queue.streams[i].asked, 1);
  queue.Look();
  queue.Look();
  EXPECT_TRUE(queue.empty());
  for (const Waiting& stream : queue.streams) EXPECT_EQ(stream.asked, 1);
}

// As where their connection has no room.
TEST(RoomQueueTest, ThoseWhoNeverFindRoomHoldUpNobody) {
  Queue queue(2 * RoomQueue::kRefusedInARowMax);
  Waiting other;
  other.has_room = true;
  queue.Add(&other);
  for (int look = 0; look < 3; ++look) queue.Look();
  EXPECT_EQ(other.asked, 1);
}

TEST(RoomQueueTest, ALookHasAnEnd) {
  Queue queue(4 * RoomQueue::kAskedMax);
  for (size_t i = 0; i < queue.streams.size(); i += RoomQueue::kRefusedInARowMax) queue.streams[i].has_room = true;
  queue.Look();
  EXPECT_EQ(queue.Asked(), RoomQueue::kAskedMax);
}

TEST(RoomQueueTest, WhoIsAddedAgainWaitsForTheNextLookAndWhoIsGoneIsNotAsked) {
  Queue queue(2);
  queue.streams[0].has_room = queue.streams[1].has_room = true;
  queue.streams[0].again = &queue;
  queue.Remove(&queue.streams[1]);
  queue.Look();
  EXPECT_EQ(queue.streams[0].asked, 1);
  EXPECT_EQ(queue.streams[1].asked, 0);
  queue.Look();
  EXPECT_EQ(queue.streams[0].asked, 2);
}

}  // namespace
}  // namespace quorate::api
