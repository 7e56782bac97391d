#include "src/mvcc/record_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace quorate::mvcc {
namespace {

TEST(RecordCacheTest, KeepsToItsBudgetAndPrefersWhatIsUsed) {
  constexpr size_t kBudget = 1 << 20;
  RecordCache cache(kBudget);
  const Revision hot{1, 0};
  cache.Append(hot, base::Buffer::Copy("hot"));
  for (int64_t main = 2; main < 6000; ++main) {
    EXPECT_TRUE(cache.Find(hot)) << main;
    cache.Append({main, 0}, base::Buffer::Allocate(1000));
    EXPECT_LE(cache.bytes(), kBudget);
  }
  EXPECT_GT(cache.bytes(), kBudget / 2);
  EXPECT_TRUE(cache.Find({5999, 0}));
  EXPECT_FALSE(cache.Find({2, 0}));
  EXPECT_FALSE(cache.Find({5999, 1}));
  EXPECT_EQ(cache.hits(), 5999u);
  EXPECT_EQ(cache.misses(), 2u);
}

TEST(RecordCacheTest, WritesDoNotDriveOutWhatIsRead) {
  RecordCache cache(1 << 20);
  for (int64_t main = 1; main <= 200; ++main) {
    cache.Append({main, 0}, base::Buffer::Allocate(1000));
    if (main % 2 == 0) cache.Find({main, 0});
  }
  for (int64_t main = 201; main <= 10000; ++main) cache.Append({main, 0}, base::Buffer::Allocate(1000));
  for (int64_t main = 1; main <= 200; ++main) {
    EXPECT_EQ(static_cast<bool>(cache.Find({main, 0})), main % 2 == 0) << main;
  }
}

TEST(RecordCacheTest, FindsEachRecordOfATransaction) {
  RecordCache cache(1 << 20);
  for (int64_t main : {255, 256, 511, 512}) {
    for (int64_t sub = 0; sub < 5; ++sub) {
      cache.Append({main, sub}, base::Buffer::Copy(std::to_string(main) + "/" + std::to_string(sub)));
    }
  }
  for (int64_t main : {255, 256, 511, 512}) {
    for (int64_t sub = 0; sub < 5; ++sub) {
      EXPECT_EQ(cache.Find({main, sub}).view(), std::to_string(main) + "/" + std::to_string(sub));
    }
    EXPECT_FALSE(cache.Find({main, 5}));
    EXPECT_FALSE(cache.Find({main + 1, 5}));
  }
}

TEST(RecordCacheTest, FindsManyAtOnceInAnyOrder) {
  RecordCache cache(1 << 20);
  std::vector<Revision> revisions;
  for (int64_t main : {1, 2, 3, 255, 256, 257, 600, 4096, 4097}) {
    for (int64_t sub = 0; sub < (main % 2 == 0 ? 3 : 1); ++sub) {
      cache.Append({main, sub}, base::Buffer::Copy(std::to_string(main) + "/" + std::to_string(sub)));
      revisions.push_back({main, sub});
    }
  }
  cache.Insert({700, 0}, base::Buffer::Copy("700/0"));
  revisions.push_back({700, 0});
  std::reverse(revisions.begin(), revisions.end());
  revisions.insert(revisions.begin() + 3, {{5, 0}, {2, 3}, {4098, 0}});
  std::vector<base::Buffer> records(revisions.size());
  records[0] = base::Buffer::Copy("left as it is");
  EXPECT_EQ(cache.FindAll(revisions, &records), (std::vector<size_t>{3, 4, 5}));
  EXPECT_EQ(records[0].view(), "left as it is");
  for (size_t i = 1; i < revisions.size(); ++i) {
    if (i >= 3 && i <= 5) continue;
    EXPECT_EQ(records[i].view(), std::to_string(revisions[i].main) + "/" + std::to_string(revisions[i].sub));
  }
  EXPECT_EQ(cache.hits(), revisions.size() - 4);
  EXPECT_EQ(cache.misses(), 3u);
}

TEST(RecordCacheTest, WhatIsReadFromTheStoreTakesTheRoomOfWhatWasWritten) {
  constexpr size_t kBudget = 1 << 20;
  RecordCache cache(kBudget);
  for (int64_t main = 1001; main <= 3000; ++main) cache.Append({main, 0}, base::Buffer::Allocate(1000));
  for (int64_t main = 1; main <= 400; ++main) cache.Insert({main, 0}, base::Buffer::Allocate(1000));
  EXPECT_LE(cache.bytes(), kBudget + kBudget / 16);
  EXPECT_TRUE(cache.Find({400, 0}));
  EXPECT_TRUE(cache.Find({3000, 0}));
}

TEST(RecordCacheTest, ABudgetThatShrinksIsKeptToAsOthersCome) {
  RecordCache cache(1 << 20);
  cache.SetBudget(8 << 20);
  for (int64_t main = 1; main <= 6000; ++main) {
    cache.Append({main, 0}, base::Buffer::Allocate(1000));
    cache.Find({main, 0});
  }
  EXPECT_GT(cache.bytes(), 6000u * 1000);
  EXPECT_TRUE(cache.Find({1, 0}));
  cache.SetBudget(1 << 20);
  // Each of the parts that the cache consists of has its turn.
  for (int64_t main = 6001; main <= 16'000; ++main) {
    cache.Append({main, 0}, base::Buffer::Allocate(1000));
    cache.Find({main, 0});
  }
  EXPECT_LE(cache.bytes(), size_t{1} << 20);
}

TEST(RecordCacheTest, WhatIsReadMayTakeNearlyAllOfALargeBudget) {
  constexpr size_t kBudget = 256 << 20;
  constexpr size_t kRecordBytes = 1 << 20;
  RecordCache cache(kBudget);
  for (int64_t main = 1; main <= 180; ++main) cache.Insert({main, 0}, base::Buffer::Allocate(kRecordBytes));
  int64_t kept = 0;
  for (int64_t main = 1; main <= 180; ++main) kept += cache.Find({main, 0}) ? 1 : 0;
  EXPECT_GE(kept, 150) << "records are spread over parts that are filled unevenly";
}

TEST(RecordCacheTest, WhatIsOnlyWrittenDoesNotFillALargeBudget) {
  constexpr size_t kRecordBytes = 1 << 20;
  RecordCache cache(size_t{400} << 20);
  for (int64_t main = 1; main <= 300 * 256; main += 256) cache.Append({main, 0}, base::Buffer::Allocate(kRecordBytes));
  EXPECT_LE(cache.bytes(), size_t{96} << 20);
}

TEST(RecordCacheTest, ToLookLeavesNoTrace) {
  RecordCache cache(1 << 20);
  cache.Append({1, 0}, base::Buffer::Copy("recent"));
  cache.Insert({2, 3}, base::Buffer::Copy("used"));
  EXPECT_TRUE(cache.Contains({1, 0}));
  EXPECT_TRUE(cache.Contains({2, 3}));
  EXPECT_FALSE(cache.Contains({1, 1}));
  EXPECT_FALSE(cache.Contains({3, 0}));
  EXPECT_EQ(cache.hits() + cache.misses(), 0u);
  for (int64_t main = 10; main < 3000; ++main) cache.Append({main, 0}, base::Buffer::Allocate(1000));
  EXPECT_FALSE(cache.Contains({1, 0}));
}

TEST(RecordCacheTest, ARecordAboveTheBudgetIsNotKept) {
  RecordCache cache(1000);
  cache.Append({1, 0}, base::Buffer::Allocate(5000));
  cache.Insert({1, 0}, base::Buffer::Allocate(5000));
  EXPECT_FALSE(cache.Find({1, 0}));
  RecordCache none(0);
  none.Append({1, 0}, base::Buffer::Copy("x"));
  none.Insert({1, 0}, base::Buffer::Copy("x"));
  EXPECT_FALSE(none.Find({1, 0}));
}

class RecordCacheScanTest : public testing::Test {
 protected:
  static constexpr size_t kRecordBytes = 1000;
  // More than the budget holds.
  static constexpr int64_t kMany = 20'000;

  // As a range does that looks first; returns how many were there.
  int64_t Scan(int64_t first, int64_t last) {
    int64_t found = 0;
    for (int64_t main = first; main < last; ++main) {
      if (cache_.Find({main, 0})) {
        ++found;
      } else {
        cache_.InsertScanned({main, 0}, base::Buffer::Allocate(kRecordBytes));
      }
    }
    return found;
  }

  RecordCache cache_{4 << 20};
};

TEST_F(RecordCacheScanTest, FillsWhatIsEmptyAndThenKeepsAQuarter) {
  Scan(1, 500);
  EXPECT_EQ(Scan(1, 500), 499) << "there was room for all";
  Scan(500, kMany);
  Scan(kMany, kMany + 1000);
  EXPECT_EQ(Scan(kMany, kMany + 1000), 250);
  EXPECT_LE(cache_.bytes(), size_t{4} << 20);
}

TEST_F(RecordCacheScanTest, AgainAndAgainFindsAllInTheEnd) {
  Scan(1, kMany);
  for (int round = 0; round < 30; ++round) Scan(kMany, kMany + 500);
  EXPECT_GE(Scan(kMany, kMany + 500), 490);
}

}  // namespace
}  // namespace quorate::mvcc
