#include "quorate/mvcc/hash.h"

#include <gtest/gtest.h>

#include <atomic>

#include "quorate/base/errors.h"
#include "src/mvcc/meta.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

class HashTest : public testing::Test {
 protected:
  // a and b changed, c created and deleted, d after that: revisions 2 to 8.
  static void Fill(TestStore& test) {
    test.PutKey("a", "1");
    test.PutKey("b", "1");
    test.PutKey("c", "1");
    test.PutKey("a", "2");
    test.DeleteKey("c");
    test.PutKey("b", "2");
    test.PutKey("d", "1");
  }
  static HashResult At(TestStore& test, int64_t revision) { return TestStore::Must(test.store->HashKV(revision)); }
};

TEST_F(HashTest, IsEtcdsOverTheSameHistory) {
  // The figures are etcd 3.7.1's, taken from a server that was given the same requests.
  TestStore test;
  EXPECT_EQ(At(test, 0).hash, 1084519789u);
  Fill(test);
  EXPECT_EQ(At(test, 0).hash, 2663249895u);
  EXPECT_EQ(At(test, 5).hash, 3709030171u);
  ASSERT_TRUE(test.Compact(6).ok());
  test.WaitForCompaction(6);
  EXPECT_EQ(At(test, 7).hash, 1401770920u);
  EXPECT_EQ(At(test, 0).hash, 960658247u);
  pb::DeleteRangeRequest all;
  all.set_key(std::string(1, '\0'));
  all.set_range_end(std::string(1, '\0'));
  ASSERT_TRUE(test.DeleteRange(all).ok());
  EXPECT_EQ(At(test, 0).hash, 1566916351u);
}

TEST_F(HashTest, TellsWhatItIsOf) {
  TestStore test;
  Fill(test);
  const HashResult before = At(test, 0);
  EXPECT_EQ(before.revision, 8);
  EXPECT_EQ(before.hash_revision, 8);
  EXPECT_EQ(before.compact_revision, -1);
  ASSERT_TRUE(test.Compact(4).ok());
  const HashResult after = At(test, 5);
  EXPECT_EQ(after.hash_revision, 5);
  EXPECT_EQ(after.compact_revision, 4);
  EXPECT_EQ(test.store->HashKV(3).status(), base::errors::Compacted());
  EXPECT_EQ(test.store->HashKV(9).status(), base::errors::FutureRevision());
}

TEST_F(HashTest, GarbageStillThereChangesNothing) {
  for (int64_t compacted : {4, 5, 6, 8}) {
    TestStore with_garbage;
    TestStore without;
    Fill(with_garbage);
    Fill(without);
    ASSERT_TRUE(without.Compact(compacted).ok());
    without.WaitForCompaction(compacted);
    ReadView keeps_garbage = with_garbage.store->View();
    ASSERT_TRUE(with_garbage.Compact(compacted).ok());
    for (int64_t revision = compacted; revision <= 8; ++revision) {
      EXPECT_EQ(At(with_garbage, revision).hash, At(without, revision).hash) << compacted << " " << revision;
    }
  }
}

TEST_F(HashTest, GarbageThatIsBeingRemovedChangesNothing) {
  constexpr int kKeys = 100;
  constexpr int kRevisions = 60'000;  // so many that their removal takes a while
  constexpr int64_t kCompacted = kRevisions - 100;
  TestStore half;
  TestStore whole;
  for (TestStore* test : {&whole, &half}) {
    for (int i = 0; i < kRevisions; ++i) test->PutKey("key" + std::to_string(i % kKeys), "", i % 1000 == 999);
    ASSERT_TRUE(test->Compact(kCompacted).ok());
  }
  Meta meta;
  do {
    meta = TestStore::Must(ReadMeta(*half.database));
  } while (meta.position.empty() && meta.finished < kCompacted);
  half.store.reset();
  meta = TestStore::Must(ReadMeta(*half.database));
  ASSERT_LT(meta.finished, kCompacted) << "it was all removed before it could be stopped";
  whole.WaitForCompaction(kCompacted);
  EXPECT_EQ(TestStore::Must(HashHistory(*half.database, 0, nullptr)).hash, At(whole, 0).hash);
}

TEST_F(HashTest, EverythingDeletedHashesWhatSurvived) {
  TestStore with_garbage;
  TestStore without;
  for (TestStore* test : {&with_garbage, &without}) {
    Fill(*test);
    pb::DeleteRangeRequest all;
    all.set_key(std::string(1, '\0'));
    all.set_range_end(std::string(1, '\0'));
    ASSERT_TRUE(test->DeleteRange(all).ok());
  }
  ReadView keeps_garbage = with_garbage.store->View();
  ASSERT_TRUE(with_garbage.Compact(7).ok());
  ASSERT_TRUE(without.Compact(7).ok());
  without.WaitForCompaction(7);
  EXPECT_EQ(At(with_garbage, 9).hash, At(without, 9).hash);
}

TEST_F(HashTest, HashOfEverythingFollowsEveryChange) {
  TestStore test;
  Fill(test);
  const uint32_t before = TestStore::Must(test.store->Hash());
  EXPECT_EQ(TestStore::Must(test.store->Hash()), before);
  test.PutKey("e", "1");
  EXPECT_NE(TestStore::Must(test.store->Hash()), before);
}

TEST_F(HashTest, EndsWhenItIsToldToStop) {
  TestStore test;
  Fill(test);
  ASSERT_TRUE(test.Compact(4).ok());
  std::atomic<bool> stop = false;
  EXPECT_EQ(TestStore::Must(test.store->HashKV(0, &stop)).hash, At(test, 0).hash);
  EXPECT_TRUE(test.store->Hash(&stop).ok());
  stop = true;
  EXPECT_TRUE(absl::IsCancelled(test.store->HashKV(0, &stop).status()));
  EXPECT_TRUE(absl::IsCancelled(test.store->Hash(&stop).status()));
}

}  // namespace
}  // namespace quorate::mvcc
