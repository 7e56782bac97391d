#include "quorate/replica/command.h"

#include <gtest/gtest.h>

#include <random>

#include "src/replica/group.h"

namespace quorate::replica {
namespace {

base::Buffer TwoBatches() {
  std::vector<QueuedBatch> batches(2);
  batches[0].batch.commands.Add(CommandType::kPut, "first");
  batches[0].batch.commands.Add(CommandType::kTxn, "");
  batches[1].batch.commands.Add(CommandType::kCompact, std::string(300, 'x'));
  return EncodeGroup({.proposer = 0xfedcba9876543210, .group = 7, .wall_ms = 1234567890123, .commands = 3}, batches);
}

TEST(Group, ReadsBackWhatWasEncoded) {
  base::Buffer data = TwoBatches();
  GroupReader reader(data.view());
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader.head().proposer, 0xfedcba9876543210);
  EXPECT_EQ(reader.head().group, 7u);
  EXPECT_EQ(reader.head().wall_ms, 1234567890123);
  EXPECT_EQ(reader.head().commands, 3u);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.type(), CommandType::kPut);
  EXPECT_EQ(reader.request(), "first");
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.type(), CommandType::kTxn);
  EXPECT_EQ(reader.request(), "");
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.request(), std::string(300, 'x'));
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(Group, CommandsOfAnySizeComeBackInOrder) {
  std::minstd_rand random(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<QueuedBatch> batches(1);
    std::vector<std::string> requests;
    for (int i = 0; i < 40; ++i) {
      const size_t bytes = random() % 8 == 0 ? random() % 70'000 : random() % 600;
      requests.emplace_back(bytes, static_cast<char>('a' + i % 26));
      batches[0].batch.commands.Add(CommandType::kPut, requests.back());
    }
    const base::Buffer data =
        EncodeGroup({.proposer = 1, .group = 2, .wall_ms = 3, .commands = requests.size()}, batches);
    GroupReader reader(data.view());
    for (const std::string& request : requests) {
      ASSERT_TRUE(reader.Next());
      EXPECT_EQ(reader.request(), request);
    }
    EXPECT_FALSE(reader.Next());
    EXPECT_TRUE(reader.ok());
  }
}

TEST(Group, CutAnywhereIsNotOk) {
  base::Buffer data = TwoBatches();
  for (size_t length = 0; length < data.size(); ++length) {
    GroupReader reader(data.view().substr(0, length));
    while (reader.Next()) {
    }
    EXPECT_FALSE(reader.ok()) << "cut at " << length;
  }
}

TEST(Group, TrailingBytesAreNotOk) {
  std::string data(TwoBatches().view());
  data += 'x';
  GroupReader reader(data);
  while (reader.Next()) {
  }
  EXPECT_FALSE(reader.ok());
}

TEST(Group, AnotherFormatVersionIsNotOk) {
  std::string data(TwoBatches().view());
  data[0] = 2;
  EXPECT_FALSE(GroupReader(data).ok());
}

TEST(Group, RandomBytesNeverReadPastTheEnd) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string data(random() % 64, '\0');
    for (char& c : data) c = static_cast<char>(random());
    if (!data.empty()) data[0] = 1;
    GroupReader reader(data);
    while (reader.Next()) {
      ASSERT_GE(reader.request().data(), data.data());
      ASSERT_LE(reader.request().data() + reader.request().size(), data.data() + data.size());
    }
  }
}

}  // namespace
}  // namespace quorate::replica
