#include "quorate/mvcc/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "quorate/base/errors.h"
#include "src/mvcc/revision_set.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

// Every change as its stored key and value in etcd's form.
std::vector<std::pair<std::string, std::string>> All(const History& history) {
  std::vector<std::pair<std::string, std::string>> changes;
  const auto walk = history.Walk();
  while (walk->Next()) {
    changes.emplace_back(EncodeEtcdKey(walk->revision(), walk->deleted()),
                         EncodeAsEtcd(walk->fields(), walk->deleted()));
    EXPECT_EQ(changes.back().second.size(), BytesAsEtcd(walk->fields(), walk->deleted()));
  }
  EXPECT_EQ(walk->status(), absl::OkStatus());
  return changes;
}

std::vector<Revision> Revisions(const TestStore& test) {
  const auto history = TestStore::Must(History::Take(*test.database));
  std::vector<Revision> revisions;
  const auto walk = history->Walk();
  while (walk->Next()) revisions.push_back(walk->revision());
  return revisions;
}

// a and b changed, c created and deleted, d after that: revisions 2 to 8.
void Fill(TestStore& test) {
  test.PutKey("a", "1");
  test.PutKey("b", "1");
  test.PutKey("c", "1");
  test.PutKey("a", "2");
  test.DeleteKey("c");
  test.PutKey("b", "2");
  test.PutKey("d", "1");
}

TEST(HistoryTest, EmptyStore) {
  const TestStore test;
  const auto history = TestStore::Must(History::Take(*test.database));
  EXPECT_EQ(history->revision(), 1);
  EXPECT_EQ(history->compacted_revision(), -1);
  EXPECT_TRUE(All(*history).empty());
}

TEST(HistoryTest, WithoutCompactionEverythingIsThere) {
  TestStore test;
  Fill(test);
  EXPECT_THAT(Revisions(test), testing::ElementsAre(Revision{2}, Revision{3}, Revision{4}, Revision{5}, Revision{6},
                                                    Revision{7}, Revision{8}));
}

TEST(HistoryTest, CompactionLeavesTheNewestAndDeletionsOfItsOwnRevision) {
  TestStore test;
  Fill(test);
  const ReadView keeps_garbage = test.store->View();
  ASSERT_TRUE(test.Compact(6).ok());
  EXPECT_THAT(Revisions(test), testing::ElementsAre(Revision{3}, Revision{5}, Revision{6}, Revision{7}, Revision{8}));
  ASSERT_TRUE(test.Compact(7).ok());
  EXPECT_THAT(Revisions(test), testing::ElementsAre(Revision{5}, Revision{7}, Revision{8}));
}

TEST(HistoryTest, GarbageStillThereIsLeftOut) {
  for (int64_t compacted = 0; compacted <= 8; ++compacted) {
    TestStore with_garbage;
    TestStore without;
    Fill(with_garbage);
    Fill(without);
    ASSERT_TRUE(without.Compact(compacted).ok());
    without.WaitForCompaction(compacted);
    const ReadView keeps_garbage = with_garbage.store->View();
    ASSERT_TRUE(with_garbage.Compact(compacted).ok());
    const auto history = TestStore::Must(History::Take(*with_garbage.database));
    EXPECT_EQ(history->compacted_revision(), compacted);
    EXPECT_EQ(history->revision(), 8);
    EXPECT_EQ(All(*history), All(*TestStore::Must(History::Take(*without.database)))) << compacted;
  }
}

TEST(HistoryTest, StaysAtItsMoment) {
  TestStore test;
  Fill(test);
  const auto history = TestStore::Must(History::Take(*test.database));
  const auto before = All(*history);
  test.PutKey("e", "1");
  ASSERT_TRUE(test.Compact(9).ok());
  test.WaitForCompaction(9);
  EXPECT_EQ(All(*history), before);
}

// For a snapshot whose client has gone, or when the server stops: what is left out has to be read all the same.
TEST(HistoryTest, ItEndsOnceItMayNotGoOn) {
  TestStore test;
  for (int i = 0; i < 100; ++i) test.PutKey("a", "");
  const ReadView keeps_garbage = test.store->View();
  ASSERT_TRUE(test.Compact(test.store->revision()).ok());
  int left = 0;
  const MayGoOn may_go_on = [&left] { return left-- > 0 ? absl::OkStatus() : base::errors::Stopped(); };
  left = 50;
  EXPECT_EQ(History::Take(*test.database, may_go_on).status(), base::errors::Stopped());
  EXPECT_EQ(left, -1);
  left = 1'000;
  const auto history = TestStore::Must(History::Take(*test.database, may_go_on));
  left = 50;
  const auto walk = history->Walk();
  EXPECT_FALSE(walk->Next());
  EXPECT_EQ(walk->status(), base::errors::Stopped());
  EXPECT_EQ(left, -1);
}

TEST(EtcdFormTest, KeysAreReadBack) {
  for (const bool deleted : {false, true}) {
    const auto key = DecodeEtcdKey(EncodeEtcdKey({INT64_MAX, 7}, deleted));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->revision, (Revision{INT64_MAX, 7}));
    EXPECT_EQ(key->deleted, deleted);
  }
}

TEST(EtcdFormTest, WhatIsNoKeyIsRefused) {
  const std::string good = EncodeEtcdKey({5, 6}, false);
  EXPECT_FALSE(DecodeEtcdKey("").has_value());
  EXPECT_FALSE(DecodeEtcdKey(good.substr(1)).has_value());
  EXPECT_FALSE(DecodeEtcdKey(good + "tt").has_value());
  EXPECT_FALSE(DecodeEtcdKey(std::string(good).replace(8, 1, "-")).has_value());
  EXPECT_FALSE(DecodeEtcdKey(std::string(good).replace(0, 1, "\xff")).has_value());
  EXPECT_FALSE(DecodeEtcdKey(good + "x")->deleted);
}

TEST(RevisionSetTest, HoldsWhatWasInserted) {
  std::mt19937_64 random(1);
  RevisionSet set;
  std::set<Revision> expected;
  const auto insert = [&](Revision revision) {
    set.Insert(revision);
    expected.insert(revision);
  };
  for (int i = 0; i < 20'000; ++i) {
    insert({static_cast<int64_t>(random() % 60'000), 0});         // dense
    insert({static_cast<int64_t>(random() % 1'000'000'000), 0});  // sparse
    insert({static_cast<int64_t>(random() % 100'000), static_cast<int64_t>(random() % 3)});
  }
  set.Seal();
  for (const Revision& revision : expected) ASSERT_TRUE(set.Contains(revision)) << revision.main;
  for (int i = 0; i < 100'000; ++i) {
    const Revision revision{static_cast<int64_t>(random() % 200'000), static_cast<int64_t>(random() % 3)};
    ASSERT_EQ(set.Contains(revision), expected.contains(revision)) << revision.main << " " << revision.sub;
  }
}

}  // namespace
}  // namespace quorate::mvcc
