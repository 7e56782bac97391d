#include "src/storage/batch_behind.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace quorate::storage {
namespace {

WriteBatch BatchOf(std::string_view key) {
  WriteBatch batch;
  batch.Put(Family::kRevs, key, "value");
  return batch;
}

TEST(BatchBehindTest, ItTellsWhatItMayHold) {
  BatchBehind behind;
  EXPECT_FALSE(behind.MayHold(Family::kRevs, "m"));
  EXPECT_FALSE(behind.MayHoldBefore(Family::kRevs, ""));

  WriteBatch batch = BatchOf("monday");
  batch.Put(Family::kRevs, "mo", "lower");
  batch.Delete(Family::kKeys, "\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  const size_t bytes = batch.bytes();
  behind.Take(batch, 1);
  EXPECT_LT(batch.bytes(), bytes);
  EXPECT_TRUE(behind.is_there());

  EXPECT_FALSE(behind.MayHold(Family::kRevs, "m"));
  EXPECT_TRUE(behind.MayHold(Family::kRevs, "mo"));
  EXPECT_TRUE(behind.MayHold(Family::kRevs, "tuesday"));
  EXPECT_FALSE(behind.MayHoldBefore(Family::kRevs, "m"));
  EXPECT_TRUE(behind.MayHoldBefore(Family::kRevs, "n"));
  EXPECT_TRUE(behind.MayHoldBefore(Family::kRevs, ""));
  EXPECT_TRUE(behind.MayHold(Family::kKeys, "\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(behind.MayHold(Family::kKeys, "key"));
  EXPECT_FALSE(behind.MayHoldBefore(Family::kMeta, ""));
}

TEST(BatchBehindTest, WhatCannotBeWrittenIsTriedAgain) {
  BatchBehind behind;
  WriteBatch batch = BatchOf("a");
  const size_t bytes = batch.bytes();
  behind.Take(batch, 7);
  const auto refuse = [](WriteBatch&, uint64_t) { return absl::ResourceExhaustedError("full"); };
  EXPECT_EQ(behind.Settle(refuse), absl::ResourceExhaustedError("full"));
  EXPECT_TRUE(behind.MayHold(Family::kRevs, "a"));
  const auto accept = [&](WriteBatch& taken, uint64_t mark) {
    EXPECT_EQ(taken.bytes(), bytes);
    EXPECT_EQ(mark, 7u);
    return absl::OkStatus();
  };
  EXPECT_TRUE(behind.Settle(accept).ok());
  EXPECT_FALSE(behind.is_there());
  EXPECT_FALSE(behind.MayHold(Family::kRevs, "a"));
}

TEST(BatchBehindTest, ItIsWrittenOnceHoweverManyNeedIt) {
  constexpr int kRounds = 2000;
  BatchBehind behind;
  int written = 0;
  std::atomic<bool> over{false};
  const auto settle = [&] {
    return behind.Settle([&](WriteBatch& batch, uint64_t) {
      ++written;
      batch.Clear();
      return absl::OkStatus();
    });
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!over.load()) EXPECT_TRUE(settle().ok());
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    WriteBatch batch = BatchOf("a");
    behind.Take(batch, round);
    EXPECT_TRUE(settle().ok());
    EXPECT_FALSE(behind.is_there());
  }
  over.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(written, kRounds);
}

}  // namespace
}  // namespace quorate::storage
