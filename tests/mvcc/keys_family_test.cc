#include "src/mvcc/keys_family.h"

#include <gtest/gtest.h>

#include "src/mvcc/key_codec.h"
#include "src/mvcc/key_sources.h"
#include "tests/mvcc/key_range_testing.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

class KeysFamilyTest : public testing::Test {
 protected:
  // `entries` puts of distinct keys, each in a revision of its own from `first` on.
  static KeysRun RunOf(int64_t first, int entries) {
    KeysRun run;
    for (int i = 0; i < entries; ++i) {
      const int64_t main = first + i;
      run.Add("key" + std::to_string(main * 7919 % 100'003), {main, 0}, EncodeKeyState({{main, 0}, main, 1, 0, 100}));
    }
    return run;
  }
  std::optional<int64_t> StoredComplete() {
    auto bytes = TestStore::Must(test_.database->Get(Family::kMeta, kKeysCompleteName));
    if (!bytes.has_value()) return std::nullopt;
    return static_cast<int64_t>(*DecodeNumber(*bytes));
  }

  TestStore test_;
};

TEST_F(KeysFamilyTest, WritesARunOnceThereIsEnoughForOne) {
  KeysFamily family(test_.database.get(), 1);
  KeysRun few = RunOf(2, 10);
  family.Follow(&few, 11);
  EXPECT_TRUE(few.empty());
  EXPECT_EQ(family.complete(), 1);
  EXPECT_EQ(test_.Entries(Family::kKeys), 0u);
  KeysRun many = RunOf(12, 20'000);
  family.Follow(&many, 20'011);
  ASSERT_TRUE(family.WaitFor(20'011).ok());
  EXPECT_EQ(test_.Entries(Family::kKeys), 20'010u);
  EXPECT_EQ(StoredComplete(), 20'011);
}

TEST_F(KeysFamilyTest, WhoAsksForThePastWaitsForFewEntriesToo) {
  KeysFamily family(test_.database.get(), 1);
  KeysRun run = RunOf(2, 3);
  family.Follow(&run, 4);
  FamilySource source(test_.database.get(), &family, 3);
  EXPECT_EQ(*source.Count(EveryKey()), 2u);
  EXPECT_EQ(family.complete(), 4);
}

TEST_F(KeysFamilyTest, WhatIsTooMuchToWaitGoesWithTheWritersBatch) {
  KeysFamily family(test_.database.get(), 1);
  KeysRun first = RunOf(2, 100);
  family.Follow(&first, 101);
  KeysRun run = RunOf(102, 90'000);
  storage::WriteBatch batch;
  family.Relieve(&run, 90'101, &batch);
  EXPECT_TRUE(run.empty());
  ASSERT_TRUE(test_.database->Write(batch, 1).ok());
  EXPECT_EQ(family.complete(), 1) << "before the batch is committed";
  family.Follow(&run, 90'101);
  EXPECT_EQ(family.complete(), 90'101);
  EXPECT_EQ(test_.Entries(Family::kKeys), 90'100u);
  EXPECT_EQ(StoredComplete(), 90'101);
}

TEST_F(KeysFamilyTest, AStartCompletesWhatWasNotWritten) {
  for (int i = 0; i < 10; ++i) test_.PutKey("a", std::to_string(i));
  test_.PutKey("b", "");
  test_.DeleteKey("b");
  test_.Flush();
  EXPECT_EQ(test_.Entries(Family::kKeys), 0u);
  test_.Reopen();
  EXPECT_EQ(test_.Entries(Family::kKeys), 12u);
  EXPECT_EQ(StoredComplete(), 13);
  EXPECT_EQ(test_.Get("a"), "9");
  EXPECT_EQ(test_.Get("a", 5), "3");
  EXPECT_EQ(test_.Get("b", 12), "");
  EXPECT_EQ(test_.Get("b"), "<none>");
}

TEST_F(KeysFamilyTest, CompactionRemovesEntriesThatWereStillWaiting) {
  for (int i = 0; i < 10; ++i) test_.PutKey("a", std::to_string(i));
  ASSERT_TRUE(test_.Compact(test_.store->revision()).ok());
  test_.WaitForCompaction(test_.store->revision());
  EXPECT_EQ(test_.Entries(Family::kKeys), 1u);
  EXPECT_EQ(test_.Entries(Family::kRevs), 1u);
}

TEST_F(KeysFamilyTest, AStoreOfTheTimeBeforeIsComplete) {
  test_.PutKey("a", "");
  test_.Flush();
  test_.Reopen();
  storage::WriteBatch batch;
  batch.Delete(Family::kMeta, kKeysCompleteName);
  ASSERT_TRUE(test_.database->WriteUnmarked(batch).ok());
  test_.Flush();
  test_.Reopen();
  EXPECT_EQ(StoredComplete(), std::nullopt);
  test_.PutKey("b", "");
  EXPECT_EQ(StoredComplete(), 2);
}

}  // namespace
}  // namespace quorate::mvcc
