#include "src/rpc/message_queue.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "src/rpc/output.h"
#include "tests/rpc/raw_testing.h"

namespace quorate::rpc {
namespace {

constexpr size_t kPrefixBytes = 5;
constexpr size_t kLittle = 2 << 10;

base::Payload Message(size_t bytes) { return base::Payload(std::string(bytes, 'm')); }

// As many as a stream was seen to hold: renewals of leases whose answers nobody takes.
void PushSmall(MessageQueue* queue) {
  for (int i = 0; i < 29'000; ++i) queue->Push(Message(36));
}

// Takes, and forgets, what is over.
void Take(size_t bytes, MessageQueue* queue) {
  Output output;
  queue->Take(bytes, &output);
}

// Everything in the output, written in one go.
std::string Drained(Output* output) {
  std::string written;
  while (!output->empty()) {
    iovec vectors[3];
    const int count = output->Gather(vectors, 3);
    size_t size = 0;
    for (int i = 0; i < count; ++i) {
      written.append(static_cast<char*>(vectors[i].iov_base), vectors[i].iov_len);
      size += vectors[i].iov_len;
    }
    output->Consume(size);
  }
  return written;
}

TEST(MessageQueueTest, WhatIsTakenInPiecesIsWhatWasPushed) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    MessageQueue queue;
    Output output;
    std::string expected;
    std::string written;
    for (int step = 0; step < 60; ++step) {
      if (random() % 2 == 0) {
        base::Payload message;
        std::string text = "head" + std::to_string(step);
        message.Append(text);
        if (random() % 2 == 0) {
          const base::Buffer body =
              base::Buffer::Copy(std::string(random() % 3000, static_cast<char>('a' + step % 26)));
          message.Append(body);
          message.Append("tail");
          text += std::string(body.view()) + "tail";
        }
        expected += testing::GrpcMessage(text);
        queue.Push(std::move(message));
      }
      if (queue.bytes() > 0) queue.Take(random() % (queue.bytes() + 1), &output);
      written += Drained(&output);
    }
    queue.Take(queue.bytes(), &output);
    written += Drained(&output);
    ASSERT_EQ(written, expected);
    ASSERT_EQ(queue.bytes(), 0u);
  }
}

TEST(MessageQueueWeightTest, EachMessageCountsUntilAllOfItIsTaken) {
  MessageQueue queue;
  queue.Push(Message(100));
  queue.Push(Message(0));
  queue.PushRaw(Message(10));
  EXPECT_EQ(queue.bytes(), 100 + 10 + 2 * kPrefixBytes);
  EXPECT_EQ(queue.weight(), queue.bytes() + 3 * MessageQueue::kMessageBytes);
  Take(104, &queue);
  EXPECT_EQ(queue.weight(), queue.bytes() + 3 * MessageQueue::kMessageBytes);
  Take(1, &queue);
  EXPECT_EQ(queue.weight(), queue.bytes() + 2 * MessageQueue::kMessageBytes);
  Take(kPrefixBytes, &queue);
  EXPECT_EQ(queue.weight(), 10 + MessageQueue::kMessageBytes);
  Take(10, &queue);
  EXPECT_EQ(queue.weight(), 0u);
}

TEST(MessageQueueWeightTest, WhatIsCountedForMessagesIsGivenBackToTheLastByte) {
  std::mt19937_64 random(11);
  MessageQueue queue;
  int64_t counted = 0;
  const auto count = [&](size_t before) {
    counted += static_cast<int64_t>(queue.weight()) - static_cast<int64_t>(before);
  };
  for (int step = 0; step < 10'000; ++step) {
    const size_t before = queue.weight();
    if (random() % 2 == 0) {
      queue.Push(Message(random() % 100));
    } else {
      Take(random() % (queue.bytes() + 1), &queue);
    }
    count(before);
    ASSERT_EQ(counted, static_cast<int64_t>(queue.weight()));
  }
  const size_t before = queue.weight();
  Take(queue.bytes(), &queue);
  count(before);
  EXPECT_EQ(counted, 0);
}

TEST(MessageQueueRoomTest, ABurstGivesItsRoomBackOnceItIsTaken) {
  MessageQueue queue;
  PushSmall(&queue);
  EXPECT_GT(queue.memory_bytes(), size_t{1} << 20);
  Take(queue.bytes(), &queue);
  EXPECT_LE(queue.memory_bytes(), kLittle);
}

TEST(MessageQueueRoomTest, AMessageThatIsLeftKeepsNoRoomForThoseBefore) {
  MessageQueue queue;
  PushSmall(&queue);
  Take(queue.bytes() - 1, &queue);
  EXPECT_LE(queue.memory_bytes(), kLittle);
  EXPECT_EQ(queue.weight(), 1 + MessageQueue::kMessageBytes);
}

TEST(MessageQueueRoomTest, ACallThatIsOverKeepsNoRoomForTheNext) {
  MessageQueue queue;
  PushSmall(&queue);
  queue.Reset();
  EXPECT_LE(queue.memory_bytes(), kLittle);
  EXPECT_EQ(queue.weight(), 0u);
}

// It is never empty, and what was sent is not kept.
TEST(MessageQueueRoomTest, AQueueThatAlwaysHoldsAFewStaysSmall) {
  MessageQueue queue;
  for (int i = 0; i < 3; ++i) queue.Push(Message(36));
  for (int i = 0; i < 10'000; ++i) {
    queue.Push(Message(36));
    Take(36 + kPrefixBytes, &queue);
    ASSERT_LE(queue.memory_bytes(), kLittle);
  }
  EXPECT_EQ(queue.bytes(), 3 * (36 + kPrefixBytes));
}

}  // namespace
}  // namespace quorate::rpc
