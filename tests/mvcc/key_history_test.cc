#include "src/mvcc/key_history.h"

#include <gtest/gtest.h>

#include "src/mvcc/key_codec.h"
#include "src/mvcc/key_sources.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

class KeyHistoryTest : public testing::Test {
 protected:
  // `entries` puts of distinct keys, each in a revision of its own from `first` on.
  static HistoryRun RunOf(int64_t first, int entries) {
    HistoryRun run;
    for (int i = 0; i < entries; ++i) {
      const int64_t main = first + i;
      run.Add("key" + std::to_string(main * 7919 % 100'003), {main, 0},
              EncodeHistoryValue({{main, 0}, main, 1, 0, 100}));
    }
    return run;
  }
  std::optional<int64_t> StoredHistory() {
    auto bytes = TestStore::Must(test_.database->Get(Family::kMeta, kHistoryName));
    if (!bytes.has_value()) return std::nullopt;
    return static_cast<int64_t>(*DecodeNumber(*bytes));
  }

  TestStore test_;
};

TEST_F(KeyHistoryTest, WritesARunOnceThereIsEnoughForOne) {
  KeyHistory history(test_.database.get(), 1);
  HistoryRun few = RunOf(2, 10);
  history.Follow(&few, 11);
  EXPECT_TRUE(few.empty());
  EXPECT_EQ(history.complete(), 1);
  EXPECT_EQ(test_.Entries(Family::kKeys), 0u);
  HistoryRun many = RunOf(12, 20'000);
  history.Follow(&many, 20'011);
  ASSERT_TRUE(history.WaitFor(20'011).ok());
  EXPECT_EQ(test_.Entries(Family::kKeys), 20'010u);
  EXPECT_EQ(StoredHistory(), 20'011);
}

TEST_F(KeyHistoryTest, WhoAsksForThePastWaitsForFewEntriesToo) {
  KeyHistory history(test_.database.get(), 1);
  HistoryRun run = RunOf(2, 3);
  history.Follow(&run, 4);
  HistorySource source(test_.database.get(), &history, 3);
  EXPECT_EQ(*source.Count(KeyRange::All()), 2u);
  EXPECT_EQ(history.complete(), 4);
}

TEST_F(KeyHistoryTest, WhatIsTooMuchToWaitGoesWithTheWritersBatch) {
  KeyHistory history(test_.database.get(), 1);
  HistoryRun first = RunOf(2, 100);
  history.Follow(&first, 101);
  HistoryRun run = RunOf(102, 90'000);
  storage::WriteBatch batch;
  history.Relieve(&run, 90'101, &batch);
  EXPECT_TRUE(run.empty());
  ASSERT_TRUE(test_.database->Write(batch, 1).ok());
  EXPECT_EQ(history.complete(), 1) << "before the batch is committed";
  history.Follow(&run, 90'101);
  EXPECT_EQ(history.complete(), 90'101);
  EXPECT_EQ(test_.Entries(Family::kKeys), 90'100u);
  EXPECT_EQ(StoredHistory(), 90'101);
}

TEST_F(KeyHistoryTest, AStartCompletesWhatWasNotWritten) {
  for (int i = 0; i < 10; ++i) test_.PutKey("a", std::to_string(i));
  test_.PutKey("b", "");
  test_.DeleteKey("b");
  test_.Flush();
  EXPECT_EQ(test_.Entries(Family::kKeys), 0u);
  test_.Reopen();
  EXPECT_EQ(test_.Entries(Family::kKeys), 12u);
  EXPECT_EQ(StoredHistory(), 13);
  EXPECT_EQ(test_.Get("a"), "9");
  EXPECT_EQ(test_.Get("a", 5), "3");
  EXPECT_EQ(test_.Get("b", 12), "");
  EXPECT_EQ(test_.Get("b"), "<none>");
}

TEST_F(KeyHistoryTest, CompactionRemovesEntriesThatWereStillWaiting) {
  for (int i = 0; i < 10; ++i) test_.PutKey("a", std::to_string(i));
  ASSERT_TRUE(test_.Compact(test_.store->revision()).ok());
  test_.WaitForCompaction(test_.store->revision());
  EXPECT_EQ(test_.Entries(Family::kKeys), 1u);
  EXPECT_EQ(test_.Entries(Family::kRevs), 1u);
}

TEST_F(KeyHistoryTest, AStoreOfTheTimeBeforeIsComplete) {
  test_.PutKey("a", "");
  test_.Flush();
  test_.Reopen();
  storage::WriteBatch batch;
  batch.Delete(Family::kMeta, kHistoryName);
  ASSERT_TRUE(test_.database->WriteUnmarked(batch).ok());
  test_.Flush();
  test_.Reopen();
  EXPECT_EQ(StoredHistory(), std::nullopt);
  test_.PutKey("b", "");
  EXPECT_EQ(StoredHistory(), 2);
}

}  // namespace
}  // namespace quorate::mvcc
