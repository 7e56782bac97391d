#include "quorate/mvcc/store.h"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "quorate/base/errors.h"
#include "src/mvcc/writer.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using storage::Family;

TEST(StoreTest, AnEmptyStoreIsAtRevisionOne) {
  TestStore test;
  EXPECT_EQ(test.store->revision(), 1);
  EXPECT_EQ(test.store->compacted_revision(), -1);
  EXPECT_EQ(test.Get("a"), "<none>");
  EXPECT_EQ(test.PutKey("a", "1"), 2);
}

TEST(StoreTest, PutCountsVersionsAndKeepsTheCreation) {
  TestStore test;
  test.PutKey("a", "1");
  test.PutKey("a", "2");
  const auto kv = TestStore::Must(test.Range(RangeOf("a"))).kvs(0);
  EXPECT_EQ(kv.value(), "2");
  EXPECT_EQ(kv.create_revision(), 2);
  EXPECT_EQ(kv.mod_revision(), 3);
  EXPECT_EQ(kv.version(), 2);
  test.DeleteKey("a");
  test.PutKey("a", "3");
  const auto again = TestStore::Must(test.Range(RangeOf("a"))).kvs(0);
  EXPECT_EQ(again.create_revision(), 5);
  EXPECT_EQ(again.version(), 1);
}

TEST(StoreTest, ReadersSeeNothingBeforeTheCommit) {
  TestStore test;
  test.PutKey("a", "1", /*commit=*/false);
  EXPECT_EQ(test.store->writer_revision(), 2);
  EXPECT_EQ(test.store->revision(), 1);
  EXPECT_EQ(test.Get("a"), "<none>");
  test.Commit();
  EXPECT_EQ(test.Get("a"), "1");
}

TEST(StoreTest, AViewStaysAtItsRevision) {
  TestStore test;
  test.PutKey("a", "1");
  ReadView view = test.store->View();
  test.PutKey("a", "2");
  test.DeleteKey("a");
  RangeRequest request;
  request.key = "a";
  auto answer = view.Range(request);
  ASSERT_TRUE(answer.ok());
  pb::RangeResponse response;
  ASSERT_TRUE(response.ParseFromString(answer->body.ToString()));
  EXPECT_EQ(Summary(response), "a=1@2");
  EXPECT_EQ(answer->revision, 2);
}

// Another thread's view may be the first to see a revision: who hears of it then asks on a thread of its own.
TEST(StoreTest, NoRevisionIsToldBelowOneThatAViewHasShown) {
  TestStore test;
  std::atomic<bool> stop = false;
  std::atomic<int64_t> shown = 0;
  std::thread viewer([&] {
    while (!stop) shown = test.store->View().revision();
  });
  int64_t behind = 0;
  std::thread listener([&] {
    while (!stop) {
      const int64_t heard = shown;
      if (test.store->revision() < heard) ++behind;
    }
  });
  for (int i = 0; i < 20'000; ++i) test.PutKey("key" + std::to_string(i % 100), "value");
  stop = true;
  viewer.join();
  listener.join();
  EXPECT_EQ(behind, 0);
}

TEST(StoreTest, PrevKvOfUncommittedAndCommittedChanges) {
  TestStore test;
  pb::PutRequest request;
  request.set_key("a");
  request.set_value("1");
  request.set_prev_kv(true);
  EXPECT_FALSE(TestStore::Must(test.Put(request, false)).has_prev_kv());
  request.set_value("2");
  EXPECT_EQ(TestStore::Must(test.Put(request, true)).prev_kv().value(), "1");
  request.set_value("3");
  EXPECT_EQ(TestStore::Must(test.Put(request, true)).prev_kv().value(), "2");
}

TEST(StoreTest, IgnoreValueAndLeaseKeepThem) {
  TestStore test;
  test.leases.existing = {7};
  pb::PutRequest request;
  request.set_key("a");
  request.set_ignore_value(true);
  EXPECT_EQ(test.Put(request).status(), base::errors::KeyNotFound());
  EXPECT_EQ(test.store->revision(), 1);
  pb::PutRequest first;
  first.set_key("a");
  first.set_value("1");
  first.set_lease(7);
  ASSERT_TRUE(test.Put(first).ok());
  request.set_ignore_lease(true);
  ASSERT_TRUE(test.Put(request).ok());
  const auto kv = TestStore::Must(test.Range(RangeOf("a"))).kvs(0);
  EXPECT_EQ(kv.value(), "1");
  EXPECT_EQ(kv.lease(), 7);
  EXPECT_EQ(kv.version(), 2);
}

TEST(StoreTest, KeysMoveBetweenLeases) {
  TestStore test;
  pb::PutRequest request;
  request.set_key("a");
  request.set_lease(7);
  EXPECT_EQ(test.Put(request).status(), base::errors::LeaseNotFound());
  test.leases.existing = {7, 8};
  using Attached = std::set<std::pair<int64_t, std::string>>;
  ASSERT_TRUE(test.Put(request).ok());
  EXPECT_EQ(test.leases.attached, (Attached{{7, "a"}}));
  request.set_lease(8);
  ASSERT_TRUE(test.Put(request).ok());
  EXPECT_EQ(test.leases.attached, (Attached{{8, "a"}}));
  test.DeleteKey("a");
  EXPECT_EQ(test.leases.attached, Attached());
}

TEST(StoreTest, DeleteRangeOfNothingKeepsTheRevision) {
  TestStore test;
  test.PutKey("a", "1");
  EXPECT_EQ(test.DeleteKey("b"), 2);
  pb::DeleteRangeRequest inverted;
  inverted.set_key("z");
  inverted.set_range_end("a");
  EXPECT_EQ(TestStore::Must(test.DeleteRange(inverted)).deleted(), 0);
  EXPECT_EQ(test.store->revision(), 2);
}

TEST(StoreTest, DeleteRangeTellsWhatItTook) {
  TestStore test;
  for (const char* key : {"a", "b", "c"}) test.PutKey(key, key);
  pb::DeleteRangeRequest request;
  request.set_key("a");
  request.set_range_end("c");
  request.set_prev_kv(true);
  const auto response = TestStore::Must(test.DeleteRange(request));
  EXPECT_EQ(response.deleted(), 2);
  ASSERT_EQ(response.prev_kvs_size(), 2);
  EXPECT_EQ(response.prev_kvs(1).value(), "b");
  EXPECT_EQ(response.header().revision(), 5);
  EXPECT_EQ(Summary(TestStore::Must(test.Range(AllKeys()))), "c=c@4");
}

TEST(StoreTest, EventsTellEveryChangeInOrder) {
  TestStore test;
  test.PutKey("a", "1", false);
  test.PutKey("a", "2", false);
  EXPECT_TRUE(test.events.empty());
  test.DeleteKey("a");
  ASSERT_EQ(test.events.size(), 3u);
  EXPECT_EQ(test.events[1].revision, (Revision{3, 0}));
  EXPECT_EQ(test.events[1].previous, (Revision{2, 0}));
  EXPECT_FALSE(test.events[1].deleted);
  mvccpb::KeyValue kv;
  ASSERT_TRUE(kv.ParseFromString(std::string(test.events[1].kv())));
  EXPECT_EQ(kv.value(), "2");
  EXPECT_TRUE(test.events[2].deleted);
  EXPECT_EQ(test.events[2].key, "a");
  ASSERT_TRUE(kv.ParseFromString(std::string(test.events[2].kv())));
  EXPECT_EQ(kv.mod_revision(), 4);
  EXPECT_EQ(kv.version(), 0);
}

TEST(StoreTest, ACrashFallsBackToTheLastFlushAndReplays) {
  TestStore test;
  test.PutKey("a", "1");
  test.Flush();
  test.PutKey("a", "2");
  test.PutKey("b", "1");
  test.Reopen();
  EXPECT_EQ(test.mark, 1u);
  EXPECT_EQ(test.store->revision(), 2);
  EXPECT_EQ(test.Get("a"), "1");
  EXPECT_EQ(test.Get("b"), "<none>");
  EXPECT_EQ(test.PutKey("a", "2"), 3);
  EXPECT_EQ(test.Get("a", 2), "1");
}

TEST(StoreTest, AnythingIsAKeyAndAValue) {
  TestStore test(/*cache_bytes=*/0);
  const std::vector<std::string> keys = {std::string(1, '\0'),
                                         std::string(2, '\0'),
                                         std::string("a\0", 2),
                                         std::string("a\0\xff", 3),
                                         std::string("a\0\x01", 3),
                                         "a",
                                         "a\x01",
                                         "\xff\xff"};
  for (const std::string& key : keys) test.PutKey(key, "value of " + key);
  test.PutKey("empty", "");
  test.PutKey("large", std::string(3 << 20, 'x'));
  test.Flush();
  test.Reopen();
  for (const std::string& key : keys) EXPECT_EQ(test.Get(key), "value of " + key);
  EXPECT_EQ(test.Get("empty"), "");
  EXPECT_EQ(test.Get("large").size(), 3u << 20);
  EXPECT_EQ(TestStore::Must(test.Range(AllKeys())).count(), static_cast<int64_t>(keys.size()) + 2);
  // The same at a past revision, out of the `keys` family.
  pb::RangeRequest past = AllKeys();
  past.set_revision(static_cast<int64_t>(keys.size()) + 1);
  past.set_keys_only(true);
  EXPECT_EQ(TestStore::Must(test.Range(past)).kvs_size(), static_cast<int>(keys.size()));
}

TEST(StoreTest, OthersWriteIntoTheSameBatch) {
  TestStore test;
  test.store->batch().Put(Family::kMeta, "theirs", "1");
  test.PutKey("a", "1");
  test.Flush();
  test.Reopen();
  EXPECT_EQ(TestStore::Must(test.database->Get(Family::kMeta, "theirs")), "1");
}

TEST(StoreTest, RecordsBeyondTheRevisionAreDamage) {
  TestStore test;
  test.PutKey("a", "1");
  const std::string revision(std::string("\0\0\0\0\0\0\0\x01", 8));
  test.store->batch().Put(Family::kMeta, "mvcc.revision", revision);
  test.Commit();
  test.store.reset();
  auto opened = Store::Open(test.database.get(), {});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << opened.status();
}

TEST(StoreTest, ALastRecordThatIsGoneIsDamage) {
  for (const int left : {1, 0}) {
    TestStore test;
    test.PutKey("a", "1");
    test.DeleteKey("a");
    storage::WriteBatch batch;
    auto records = test.database->NewIterator(Family::kRevs);
    records->Seek("");
    for (int i = 0; i < left; ++i) records->Next();
    for (; records->Valid(); records->Next()) batch.Delete(Family::kRevs, records->key());
    ASSERT_TRUE(test.database->WriteUnmarked(batch).ok());
    test.store.reset();
    const absl::Status opened = Store::Open(test.database.get(), {}).status();
    EXPECT_EQ(opened.code(), absl::StatusCode::kDataLoss) << left << ": " << opened;
  }
}

// Enough for several threads to load it.
TEST(StoreTest, ALargeStoreIsLoadedWhole) {
  constexpr int kKeys = 20'000;
  constexpr int kKeyBytes = 200;
  TestStore test;
  test.leases.existing = {7};
  std::minstd_rand random(1);
  std::map<std::string, std::pair<int64_t, int64_t>> versions;  // and leases
  for (int i = 0; i < kKeys + kKeys / 4; ++i) {
    std::string key = "/registry/";
    const bool anew = i >= kKeys;
    if (anew) key = std::next(versions.begin(), static_cast<int>(random() % 100))->first;
    while (key.size() < kKeyBytes) key.push_back(static_cast<char>(random() % 256));
    pb::PutRequest put;
    put.set_key(key);
    put.set_lease(i % 10 == 0 ? 7 : 0);
    ASSERT_TRUE(test.Put(put, /*commit=*/i % 1000 == 999).ok());
    auto& [version, lease] = versions[key];
    ++version;
    lease = put.lease();
  }
  ASSERT_TRUE(test.database->Flush().ok());
  ASSERT_GT(test.database->SplitPoints(storage::Family::kKeys, 4).size(), 1u);
  test.leases.attached.clear();
  test.Reopen();

  EXPECT_EQ(test.store->View().revision(), 1 + kKeys + kKeys / 4);
  const pb::RangeResponse all = TestStore::Must(test.Range(AllKeys()));
  ASSERT_EQ(all.kvs_size(), static_cast<int>(versions.size()));
  size_t leased = 0;
  auto expected = versions.begin();
  for (const auto& kv : all.kvs()) {
    ASSERT_EQ(kv.key(), expected->first);
    EXPECT_EQ(kv.version(), expected->second.first);
    EXPECT_EQ(kv.lease(), expected->second.second);
    leased += kv.lease() != 0 ? 1 : 0;
    ++expected;
  }
  EXPECT_EQ(test.leases.attached.size(), leased);
}

TEST(StoreTest, ARevisionThatCannotBeIsDamage) {
  TestStore test;
  test.PutKey("a", "1");
  test.store->batch().Put(Family::kMeta, "mvcc.revision", std::string("\0\x01\0\0\0\0\0\0", 8));  // 2^48
  test.Commit();
  test.store.reset();
  const absl::Status opened = Store::Open(test.database.get(), {}).status();
  EXPECT_EQ(opened, absl::DataLossError("the store is at revision 281474976710656, more than there can be"));
}

TEST(StoreTest, WhatDescriptorsAreWantingForIsNotDamaged) {
  const absl::Status cut = CutShort(absl::UnavailableError("Too many open files"));
  EXPECT_EQ(cut, absl::UnavailableError("a request was cut short: Too many open files"));
  EXPECT_TRUE(absl::IsDataLoss(CutShort(absl::DataLossError("a record is missing"))));
}

TEST(StoreTest, AMissingRecordIsDamageNotAnAbsentKey) {
  TestStore test(/*cache_bytes=*/0);
  test.PutKey("a", "1");
  storage::WriteBatch batch;
  auto records = test.database->NewIterator(Family::kRevs);
  for (records->Seek(""); records->Valid(); records->Next()) batch.Delete(Family::kRevs, records->key());
  ASSERT_TRUE(test.database->WriteUnmarked(batch).ok());
  EXPECT_EQ(test.Range(RangeOf("a")).status().code(), absl::StatusCode::kDataLoss);
}

class CacheBudgetTest : public testing::Test {
 protected:
  static constexpr size_t kMiB = 1 << 20;
  static constexpr size_t kValueBytes = 2 << 10;
  static constexpr int kKeys = 24 * kMiB / kValueBytes;

  static std::string KeyOf(int number) { return "k" + std::to_string(number); }
  // Each returns what the cache holds then.
  size_t PutAll(TestStore& test) {
    const std::string value(kValueBytes, 'x');
    for (int i = 0; i < kKeys; ++i) test.PutKey(KeyOf(i), value);
    return test.store->statistics().cache_bytes;
  }
  size_t GetAll(TestStore& test) {
    for (int i = 0; i < kKeys; ++i) test.Get(KeyOf(i));
    return test.store->statistics().cache_bytes;
  }
};

TEST_F(CacheBudgetTest, GrowsWithWhatIsLive) {
  TestStore test(kMiB, StoreOptions::kOthersBytes + 64 * kMiB);
  EXPECT_GT(PutAll(test), 2 * kMiB) << "an eighth of 24 MiB";
  EXPECT_LE(PutAll(test), 4 * kMiB) << "history is not live";
  test.Flush();
  test.Reopen();
  EXPECT_GT(GetAll(test), kMiB) << "half of a small budget is for what is read";
  for (int i = 0; i < kKeys; ++i) test.DeleteKey(KeyOf(i));
  for (int i = 0; i < kKeys; ++i) test.PutKey("k", std::string(kValueBytes, 'x'));
  EXPECT_LE(test.store->statistics().cache_bytes, 5 * kMiB / 4);
}

TEST_F(CacheBudgetTest, DoesNotGrowWhereMemoryIsShort) {
  TestStore test(kMiB, StoreOptions::kOthersBytes + kMiB);
  EXPECT_LE(PutAll(test), kMiB);
}

TEST(StoreTest, StatisticsCount) {
  TestStore test;
  test.PutKey("a", "12");
  test.PutKey("b", "1");
  test.DeleteKey("a");
  test.Get("b");
  const StoreStatistics statistics = test.store->statistics();
  EXPECT_EQ(statistics.keys, 1u);
  EXPECT_EQ(statistics.puts, 2u);
  EXPECT_EQ(statistics.deletes, 1u);
  EXPECT_EQ(statistics.events, 3u);
  EXPECT_EQ(statistics.put_bytes, 5u);
  EXPECT_EQ(statistics.ranges, 1u);
  EXPECT_EQ(statistics.cache_hits, 1u);
  EXPECT_GT(statistics.cache_bytes, 0u);
  EXPECT_GT(test.store->logical_bytes(), 5u);
}

// The numbers are those that etcd shows after the same requests.
TEST(StoreTest, OperationsAreCountedAsEtcdCountsThem) {
  TestStore test;
  const auto counts = [&] {
    const StoreStatistics now = test.store->statistics();
    return std::vector<uint64_t>{now.puts, now.deletes, now.ranges, now.txns};
  };
  using Counts = std::vector<uint64_t>;
  pb::PutRequest put;
  put.set_key("a");
  put.set_prev_kv(true);
  TestStore::Must(test.Put(put));
  EXPECT_EQ(counts(), (Counts{1, 0, 1, 1})) << "the former value is a range";
  test.DeleteKey("nothing");
  EXPECT_EQ(counts(), (Counts{1, 1, 1, 1})) << "whatever it finds";
  test.PutKey("b", "1");
  test.PutKey("c", "1");
  pb::DeleteRangeRequest deletion;
  deletion.set_key("b");
  deletion.set_range_end("d");
  TestStore::Must(test.DeleteRange(deletion));
  EXPECT_EQ(counts(), (Counts{3, 2, 1, 1})) << "however much it finds";

  pb::TxnRequest txn;  // the key is there: what fails first is compared last
  for (const char* key : {"a", "b"}) {
    txn.add_compare()->set_key(key);
    txn.mutable_compare()->rbegin()->set_target(pb::Compare::MOD);
  }
  txn.add_failure()->mutable_request_range()->set_key("a");
  TestStore::Must(test.ReadTxn(txn));
  EXPECT_EQ(counts(), (Counts{3, 2, 3, 2}));
  *txn.add_success()->mutable_request_put() = put;
  TestStore::Must(test.Txn(txn));
  EXPECT_EQ(counts(), (Counts{3, 2, 5, 2})) << "one to compare, one to read";
  *txn.add_failure()->mutable_request_put() = put;
  TestStore::Must(test.Txn(txn));
  EXPECT_EQ(counts(), (Counts{4, 2, 9, 4})) << "compared and checked, then read, looked up and put";
}

}  // namespace
}  // namespace quorate::mvcc
