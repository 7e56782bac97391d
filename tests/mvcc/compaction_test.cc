#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "tests/base/eventually_testing.h"
#include "tests/base/files_testing.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

class CompactionTest : public testing::Test {
 protected:
  void CompactAndWait(int64_t revision) {
    ASSERT_TRUE(test_.Compact(revision).ok());
    test_.WaitForCompaction(revision);
  }

  TestStore test_{/*cache_bytes=*/0};
};

TEST_F(CompactionTest, RevisionsBeforeItAreRefusedAtOnce) {
  for (int i = 0; i < 5; ++i) test_.PutKey("a", std::to_string(i));
  EXPECT_EQ(TestStore::Must(test_.Compact(4)), 6);
  EXPECT_EQ(test_.store->compacted_revision(), 4);
  EXPECT_EQ(test_.Get("a", 3), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_EQ(test_.Get("a", 4), "2");
  EXPECT_EQ(test_.Compact(4).status(), base::errors::Compacted());
  EXPECT_EQ(test_.Compact(3).status(), base::errors::Compacted());
  EXPECT_EQ(test_.Compact(7).status(), base::errors::FutureRevision());
  EXPECT_TRUE(test_.Compact(6).ok());
}

TEST_F(CompactionTest, RevisionZeroCanBeCompactedOnce) {
  EXPECT_EQ(test_.Compact(-1).status(), base::errors::Compacted());
  CompactAndWait(0);
  EXPECT_EQ(test_.store->compacted_revision(), 0);
  EXPECT_EQ(test_.Compact(0).status(), base::errors::Compacted());
}

TEST_F(CompactionTest, OnlyTheNewestOfEachKeyStays) {
  for (int i = 0; i < 10; ++i) {
    test_.PutKey("a", std::to_string(i));
    test_.PutKey("b", std::to_string(i));
  }
  const uint64_t before = test_.store->logical_bytes();
  CompactAndWait(test_.store->revision());
  EXPECT_EQ(test_.Entries(Family::kRevs), 2u);
  EXPECT_EQ(test_.Entries(Family::kKeys), 2u);
  EXPECT_LT(test_.store->logical_bytes(), before / 9);
  test_.Flush();
  test_.Reopen();
  EXPECT_LT(test_.store->logical_bytes(), before / 9);
  EXPECT_GT(test_.store->logical_bytes(), before / 11);
  EXPECT_EQ(test_.Get("a"), "9");
}

TEST_F(CompactionTest, ATombstoneStaysWhileItIsTheCompactedRevision) {
  test_.PutKey("a", "1");
  const int64_t deletion = test_.DeleteKey("a");
  test_.PutKey("b", "1");
  CompactAndWait(deletion);
  EXPECT_EQ(test_.Entries(Family::kRevs), 2u);
  EXPECT_EQ(test_.Get("a", deletion), "<none>");
  CompactAndWait(deletion + 1);
  EXPECT_EQ(test_.Entries(Family::kRevs), 1u);
  EXPECT_EQ(test_.Entries(Family::kKeys), 1u);
}

TEST_F(CompactionTest, SeveralChangesOfAKeyInOneTransaction) {
  test_.PutKey("k", "0");
  pb::TxnRequest txn;
  // The API lets a put and a deletion of one key meet in nested transactions, in this order.
  txn.add_success()->mutable_request_txn()->add_success()->mutable_request_put()->set_key("k");
  txn.add_success()->mutable_request_txn()->add_success()->mutable_request_delete_range()->set_key("k");
  auto* put = txn.add_success()->mutable_request_put();
  put->set_key("k");
  put->set_value("last");
  ASSERT_TRUE(test_.Txn(txn).ok());
  EXPECT_EQ(test_.Entries(Family::kRevs), 4u);
  CompactAndWait(3);
  EXPECT_EQ(test_.Get("k", 3), "last");
  test_.PutKey("other", "");
  CompactAndWait(4);
  EXPECT_EQ(test_.Get("k"), "last");
  EXPECT_EQ(test_.Entries(Family::kRevs), 2u);
  EXPECT_EQ(test_.Entries(Family::kKeys), 2u);
  test_.Flush();
  test_.Reopen();
  EXPECT_EQ(test_.Get("k"), "last");
}

TEST_F(CompactionTest, GoesOnAfterARestart) {
  for (int i = 0; i < 3000; ++i) test_.PutKey("a", std::to_string(i), i % 100 == 99);
  test_.Commit();
  {
    // While a reader is there, nothing is removed; the restart finds all the garbage.
    ReadView view = test_.store->View();
    ASSERT_TRUE(test_.Compact(3001).ok());
    test_.Flush();
    EXPECT_GE(test_.Entries(Family::kRevs), 3000u);
  }
  test_.Reopen();
  EXPECT_EQ(test_.store->compacted_revision(), 3001);
  test_.WaitForCompaction(3001);
  EXPECT_EQ(test_.Entries(Family::kRevs), 1u);
  EXPECT_EQ(test_.Get("a"), "2999");
}

TEST_F(CompactionTest, AReaderFinishesWithWhatItHolds) {
  for (int i = 0; i < 100; ++i) test_.PutKey("key" + std::to_string(i), "then");
  ReadView view = test_.store->View();
  const int64_t then = test_.store->revision();
  for (int i = 0; i < 100; ++i) test_.PutKey("key" + std::to_string(i), "now");
  ASSERT_TRUE(test_.Compact(test_.store->revision()).ok());
  bool removed = false;
  test_.store->WhenCompacted(test_.store->revision(), [&removed] { removed = true; });
  RangeRequest request;
  request.key = "key";
  request.range_end = "kez";
  for (int64_t revision : {int64_t{0}, then - 1}) {
    request.revision = revision;
    auto answer = view.Range(request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    pb::RangeResponse response;
    ASSERT_TRUE(response.ParseFromString(answer->body.ToString()));
    EXPECT_EQ(response.kvs_size(), revision == 0 ? 100 : 99);
    for (const auto& kv : response.kvs()) EXPECT_EQ(kv.value(), "then");
  }
  EXPECT_FALSE(removed);
  { ReadView let_go = std::move(view); }
  test_.WaitForCompaction(test_.store->revision());
}

TEST_F(CompactionTest, ReadersNeverMissARecord) {
  constexpr int kKeys = 50;
  std::atomic<bool> stop = false;
  std::atomic<int> reads = 0;
  for (int i = 0; i < kKeys; ++i) test_.PutKey("key" + std::to_string(i), "0");
  std::vector<std::thread> readers;
  for (int n = 0; n < 2; ++n) {
    readers.emplace_back([&] {
      RangeRequest request;
      request.key = "key";
      request.range_end = "kez";
      while (!stop) {
        const ReadView view = test_.store->View();
        for (int64_t revision : {int64_t{0}, view.compacted_revision(), view.revision() - 3}) {
          request.revision = revision;
          auto answer = view.Range(request);
          if (!answer.ok()) {
            ASSERT_EQ(answer.status(), base::errors::Compacted());
            continue;
          }
          pb::RangeResponse response;
          ASSERT_TRUE(response.ParseFromString(answer->body.ToString()));
          // The first key came with revision 2.
          ASSERT_EQ(response.kvs_size(), revision > 0 ? std::min<int64_t>(revision - 1, kKeys) : kKeys)
              << "revision " << revision;
          ++reads;
        }
      }
    });
  }
  for (int round = 1; round <= 400; ++round) {
    for (int i = 0; i < 5; ++i) test_.PutKey("key" + std::to_string((round * 7 + i) % kKeys), std::to_string(round));
    if (round % 4 == 0) {
      ASSERT_TRUE(test_.Compact(test_.store->revision() - 2).ok());
    }
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(reads, 0);
  CompactAndWait(test_.store->revision());
  EXPECT_EQ(test_.Entries(Family::kRevs), static_cast<size_t>(kKeys));
}

// While it lives log lines go to a file. The store is closed before they go where they went: nobody may log meanwhile.
class LogIn {
 public:
  LogIn(const std::string& path, TestStore* test) : test_(test) {
    QUORATE_CHECK(base::SetUpLogging({.outputs = {path}}).ok());
  }
  ~LogIn() {
    test_->Close();
    QUORATE_CHECK(base::SetUpLogging({}).ok());
  }
  LogIn(const LogIn&) = delete;
  LogIn& operator=(const LogIn&) = delete;

 private:
  TestStore* const test_;
};

TEST_F(CompactionTest, SaysOnceThatTheDiskTakesNothing) {
  test_.PutKey("a", "1");
  test_.PutKey("a", "2");
  EXPECT_TRUE(test_.store->compaction_failure().ok());
  const std::string log = test_.directory.path() + "/log";
  const std::string failure = "could not remove compacted revisions";
  const LogIn log_in(log, &test_);
  {
    const ReadView keeps_garbage = test_.store->View();
    ASSERT_TRUE(test_.Compact(3).ok());
    std::filesystem::rename(test_.directory.path() + "/db", test_.directory.path() + "/gone");
    EXPECT_FALSE(test_.database->Flush().ok());
  }
  // It is tried again every second.
  ASSERT_TRUE(base::Eventually([&] { return test_.store->statistics().compaction_failures >= 2; }))
      << "failed " << test_.store->statistics().compaction_failures << " times: " << base::ReadFile(log);
  EXPECT_FALSE(test_.store->compaction_failure().ok());
  base::FlushLogging();
  const std::string said = base::ReadFile(log);
  EXPECT_NE(said.find(failure), std::string::npos) << said;
  EXPECT_EQ(said.find(failure), said.rfind(failure)) << said;
}

TEST_F(CompactionTest, WaitingForNothingIsCalledAtOnce) {
  bool called = false;
  test_.store->WhenCompacted(100, [&called] { called = true; });
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace quorate::mvcc
