#include "quorate/mvcc/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>
#include <vector>

#include "quorate/mvcc/hash.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"
#include "tests/base/files_testing.h"
#include "tests/mvcc/store_testing.h"

namespace quorate::mvcc {
namespace {

using storage::Family;
using testing::HasSubstr;
using Entry = std::pair<std::string, std::string>;

struct Change {
  Revision revision;
  bool deleted = false;
  std::string kv;
};

std::vector<Entry> EntriesOf(const storage::Database& database, Family family) {
  std::vector<Entry> entries;
  auto iterator = database.NewIterator(family);
  for (iterator->Seek({}); iterator->Valid(); iterator->Next())
    entries.emplace_back(iterator->key(), iterator->value());
  return entries;
}

// Without the sizes, to which the mention of a predecessor counts that the other side may have lost by compaction.
std::vector<std::string> KeysOf(const storage::Database& database, Family family) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : EntriesOf(database, family)) keys.push_back(key);
  return keys;
}

// The history as etcd's own file would hold it.
std::vector<Change> HistoryOf(const storage::Database& database) {
  std::vector<Change> history;
  for (const auto& [key, value] : EntriesOf(database, Family::kRevs)) {
    const auto record = DecodeRecord(value);
    const auto fields = DecodeKeyValue(record->kv);
    history.push_back({*DecodeRevision(key), record->deleted, EncodeAsEtcd(*fields, record->deleted)});
  }
  return history;
}

absl::Status AddAll(Import* import, const std::vector<Change>& history) {
  for (const Change& change : history) {
    QUORATE_RETURN_IF_ERROR(import->Add({change.revision, change.deleted, change.kv}));
  }
  return absl::OkStatus();
}

std::string Kv(const std::string& key, const std::string& value, int64_t created, int64_t modified, int64_t version,
               int64_t lease = 0) {
  return EncodeAsEtcd({key, created, modified, version, lease, value}, false);
}

// An empty database, filled by an import and opened as a store.
class ImportedStore {
 public:
  ImportedStore()
      : database(TestStore::Must(storage::Database::Open(
            {.path = directory.path() + "/db", .block_cache_bytes = 4 << 20, .write_buffer_bytes = 4 << 20}))) {}

  absl::Status Fill(const std::vector<Change>& history, int64_t compacted = -1, int64_t finished = -1) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Import> import, Import::Begin(database.get(), finished, mark));
    QUORATE_RETURN_IF_ERROR(AddAll(import.get(), history));
    QUORATE_RETURN_IF_ERROR(import->Finish(compacted));
    QUORATE_RETURN_IF_ERROR(database->Flush());
    QUORATE_ASSIGN_OR_RETURN(store, Store::Open(database.get(), {}));
    return absl::OkStatus();
  }
  void WaitForCompaction(int64_t revision) {
    std::promise<void> done;
    store->WhenCompacted(revision, [&done] { done.set_value(); });
    done.get_future().wait();
  }
  void Compact(int64_t revision) {
    ASSERT_TRUE(store->Compact(revision).ok());
    ASSERT_TRUE(store->Commit(++mark).ok());
    WaitForCompaction(revision);
  }
  uint32_t Hash(int64_t revision = 0) { return TestStore::Must(store->HashKV(revision)).hash; }
  std::string List(int64_t revision = 0) {
    RangeRequest request;
    request.key = request.range_end = std::string_view("\0", 1);
    request.revision = revision;
    auto answer = store->View().Range(request);
    return answer.ok() ? answer->body.ToString() : std::string(base::MessageOf(answer.status()));
  }

  base::TemporaryDirectory directory;
  uint64_t mark = 3;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Store> store;
};

// Random transactions of several changes, deletions and empty values among them.
void MakeHistory(TestStore* source, uint32_t seed, int transactions) {
  std::mt19937 random(seed);
  const auto key = [&random] { return "k" + std::to_string(random() % 20) + std::string(random() % 3, '\0'); };
  source->leases.existing = {7, 1234567890123};
  for (int i = 0; i < transactions; ++i) {
    pb::TxnRequest txn;
    std::set<std::string> used;
    for (uint32_t n = random() % 4 + 1; n > 0; --n) {
      const std::string name = key();
      if (!used.insert(name).second) continue;
      if (random() % 4 == 0) {
        txn.add_success()->mutable_request_delete_range()->set_key(name);
        continue;
      }
      auto* put = txn.add_success()->mutable_request_put();
      put->set_key(name);
      put->set_value(std::string(random() % 5 == 0 ? 3000 : random() % 40, static_cast<char>('a' + random() % 26)));
      if (random() % 5 == 0) put->set_lease(random() % 2 == 0 ? 7 : 1234567890123);
    }
    ASSERT_TRUE(source->Txn(txn).ok());
  }
  // The entries of `keys` follow behind; a start completes them.
  source->Flush();
  source->Reopen();
}

TEST(ImportTest, WhatTheWriterWroteComesOutByteForByte) {
  TestStore source;
  MakeHistory(&source, 1, 300);
  ImportedStore copy;
  ASSERT_TRUE(copy.Fill(HistoryOf(*source.database)).ok());
  EXPECT_EQ(EntriesOf(*copy.database, Family::kRevs), EntriesOf(*source.database, Family::kRevs));
  EXPECT_EQ(EntriesOf(*copy.database, Family::kKeys), EntriesOf(*source.database, Family::kKeys));
  EXPECT_EQ(copy.store->revision(), source.store->revision());
  EXPECT_EQ(copy.store->compacted_revision(), -1);
  EXPECT_EQ(copy.store->logical_bytes(), source.store->logical_bytes());
  EXPECT_EQ(copy.database->durable_mark(), 3u);
}

TEST(ImportTest, ACompactedHistoryGoesOnAsItsSourceDoes) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    TestStore source;
    MakeHistory(&source, seed, 200);
    const int64_t compacted = source.store->revision() - 40;
    ASSERT_TRUE(source.Compact(compacted).ok());
    source.WaitForCompaction(compacted);

    ImportedStore copy;
    ASSERT_TRUE(copy.Fill(HistoryOf(*source.database), compacted, compacted).ok());
    EXPECT_EQ(copy.store->compacted_revision(), compacted);
    EXPECT_EQ(copy.store->statistics().keys, source.store->statistics().keys);
    for (int64_t revision = compacted; revision <= source.store->revision(); ++revision) {
      EXPECT_EQ(copy.Hash(revision), TestStore::Must(source.store->HashKV(revision)).hash) << revision;
    }
    // What one of them forgets, the other forgets too.
    for (int64_t next = compacted + 1; next <= source.store->revision(); next += 13) {
      ASSERT_TRUE(source.Compact(next).ok());
      source.WaitForCompaction(next);
      copy.Compact(next);
      EXPECT_EQ(KeysOf(*copy.database, Family::kRevs), KeysOf(*source.database, Family::kRevs));
      EXPECT_EQ(KeysOf(*copy.database, Family::kKeys), KeysOf(*source.database, Family::kKeys));
    }
    EXPECT_EQ(copy.Hash(), TestStore::Must(source.store->HashKV(0)).hash);
  }
}

TEST(ImportTest, ACompactionThatWasNotFinishedIsFinishedHere) {
  TestStore source;
  MakeHistory(&source, 9, 200);
  const std::vector<Change> history = HistoryOf(*source.database);
  const int64_t compacted = source.store->revision() - 20;
  ImportedStore copy;
  ASSERT_TRUE(copy.Fill(history, compacted, /*finished=*/-1).ok());
  copy.Compact(compacted + 1);
  ASSERT_TRUE(source.Compact(compacted + 1).ok());
  source.WaitForCompaction(compacted + 1);
  EXPECT_EQ(EntriesOf(*copy.database, Family::kKeys), EntriesOf(*source.database, Family::kKeys));
  EXPECT_EQ(copy.store->logical_bytes(), source.store->logical_bytes());
}

TEST(ImportTest, GarbageOfACompactionCalledFinishedIsFoundLater) {
  TestStore source;
  MakeHistory(&source, 10, 100);
  const std::vector<Change> history = HistoryOf(*source.database);
  const int64_t last = source.store->revision();
  ImportedStore copy;
  ASSERT_TRUE(copy.Fill(history, last - 1, last - 1).ok());
  copy.Compact(last);
  ASSERT_TRUE(source.Compact(last).ok());
  source.WaitForCompaction(last);
  EXPECT_EQ(EntriesOf(*copy.database, Family::kKeys), EntriesOf(*source.database, Family::kKeys));
  EXPECT_EQ(copy.Hash(), TestStore::Must(source.store->HashKV(0)).hash);
}

TEST(ImportTest, TheStoreGoesOnWithTheNextRevisionAndVersion) {
  ImportedStore copy;
  ASSERT_TRUE(
      copy.Fill({{{17, 2}, false, Kv("a", "old", 3, 17, 12, 5)}, {{18, 0}, true, Kv("gone", "", 0, 0, 0)}}, 17, 17)
          .ok());
  PutRequest put;
  put.key = "a";
  put.value = "new";
  put.prev_kv = true;
  ASSERT_TRUE(copy.store->Put(put).ok());
  ASSERT_TRUE(copy.store->Commit(4).ok());
  EXPECT_EQ(copy.store->revision(), 19);
  pb::RangeResponse response;
  ASSERT_TRUE(response.ParseFromString(copy.List()));
  ASSERT_EQ(response.kvs_size(), 1);
  EXPECT_EQ(response.kvs(0).create_revision(), 3);
  EXPECT_EQ(response.kvs(0).version(), 13);
  ASSERT_TRUE(response.ParseFromString(copy.List(17)));
  EXPECT_EQ(response.kvs(0).lease(), 5);
  copy.Compact(19);
  EXPECT_EQ(HistoryOf(*copy.database).size(), 1u);
}

TEST(ImportTest, AnEmptyHistoryIsAtTheCompactedRevision) {
  ImportedStore never, compacted;
  ASSERT_TRUE(never.Fill({}).ok());
  EXPECT_EQ(never.store->revision(), 1);
  EXPECT_EQ(never.store->compacted_revision(), -1);
  ASSERT_TRUE(compacted.Fill({}, 40, 40).ok());
  EXPECT_EQ(compacted.store->revision(), 40);
  EXPECT_EQ(compacted.store->compacted_revision(), 40);
  EXPECT_EQ(compacted.List(39), "etcdserver: mvcc: required revision has been compacted");
}

TEST(ImportTest, AnEntryOfNoKeyLiftsTheRevisionAndIsHashed) {
  const std::vector<Change> history = {{{2, 0}, false, Kv("a", "1", 2, 2, 1)}, {{3, 0}, false, Kv("a", "2", 2, 3, 2)}};
  std::vector<Change> bumped = history;
  bumped.push_back({{1003, 0}, false, ""});
  ImportedStore plain, copy;
  ASSERT_TRUE(plain.Fill(history, 3).ok());
  ASSERT_TRUE(copy.Fill(bumped, 1003).ok());
  EXPECT_EQ(copy.store->revision(), 1003);
  EXPECT_EQ(copy.store->statistics().keys, 1u);
  pb::RangeResponse response;
  ASSERT_TRUE(response.ParseFromString(copy.List()));
  EXPECT_EQ(response.count(), 1);
  EXPECT_EQ(copy.List(1002), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_NE(copy.Hash(), plain.Hash());
  // A second such entry makes garbage of the first.
  bumped.push_back({{2003, 0}, false, ""});
  ImportedStore twice;
  ASSERT_TRUE(twice.Fill(bumped, 2003).ok());
  twice.WaitForCompaction(2003);
  const std::vector<Change> kept = HistoryOf(*twice.database);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept.back().revision, (Revision{2003, 0}));
  EXPECT_EQ(kept.back().kv, "");
}

TEST(ImportTest, OnlyAnEmptyStoreIsFilled) {
  TestStore source;
  source.PutKey("a", "1");
  EXPECT_EQ(Import::Begin(source.database.get(), -1, 9).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ImportTest, RevisionsThatTheStoreCannotHoldAreRefused) {
  const auto put = [](int64_t main, int64_t sub) { return Change{{main, sub}, false, Kv("a", "1", main, main, 1)}; };
  const auto refusal = [](const std::vector<Change>& history, int64_t compacted) {
    ImportedStore copy;
    const absl::Status status = copy.Fill(history, compacted);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return std::string(base::MessageOf(status));
  };
  EXPECT_THAT(refusal({put(kImportedRevisionMax + 1, 0)}, -1), HasSubstr("revision 140737488355328/0 is beyond"));
  EXPECT_THAT(refusal({{{kRevisionMax + 1, 0}, true, Kv("a", "", 0, 0, 0)}}, -1), HasSubstr("beyond"));
  EXPECT_THAT(refusal({put(5, kSubRevisionMax + 1)}, -1), HasSubstr("revision 5/4294967296 is beyond"));
  EXPECT_THAT(refusal({}, kImportedRevisionMax + 1), HasSubstr("the compacted revision 140737488355328 is beyond"));
  ImportedStore highest;
  ASSERT_TRUE(highest.Fill({put(kImportedRevisionMax, kSubRevisionMax)}, kImportedRevisionMax).ok());
  PutRequest next;
  next.key = "b";
  EXPECT_EQ(TestStore::Must(highest.store->Put(next)).revision, kImportedRevisionMax + 1);
  EXPECT_TRUE(highest.store->Commit(++highest.mark).ok());
}

TEST(ImportTest, WhatContradictsItselfIsRefused) {
  const auto refusal = [](const std::vector<Change>& history) {
    ImportedStore copy;
    const absl::Status status = copy.Fill(history);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return std::string(base::MessageOf(status));
  };
  const Change first = {{5, 0}, false, Kv("a", "1", 5, 5, 1)};
  EXPECT_THAT(refusal({first, first}), HasSubstr("revision 5/0 comes after that at 5/0"));
  EXPECT_THAT(refusal({{{0, 0}, false, Kv("a", "1", 0, 0, 1)}}), HasSubstr("revision 0/0"));
  EXPECT_THAT(refusal({{{6, 0}, false, first.kv}}), HasSubstr("contradicts"));
  EXPECT_THAT(refusal({{{5, 0}, false, Kv("a", "1", 6, 5, 1)}}), HasSubstr("contradicts"));
  EXPECT_THAT(refusal({{{5, 0}, false, Kv("a", "1", 5, 5, 0)}}), HasSubstr("contradicts"));
  EXPECT_THAT(refusal({{{5, 0}, false, Kv("a", "1", 5, 5, INT64_MAX)}}), HasSubstr("contradicts"));
  EXPECT_THAT(refusal({{{5, 0}, false, Kv("", "1", 5, 5, 1)}}), HasSubstr("malformed"));
  EXPECT_THAT(refusal({{{5, 0}, true, ""}}), HasSubstr("malformed"));
  EXPECT_THAT(refusal({{{5, 0}, false, first.kv.substr(0, first.kv.size() - 1)}}), HasSubstr("malformed"));
  EXPECT_THAT(refusal({{{5, 0}, false, first.kv + "\x38\x01"}}), HasSubstr("not known"));
  // The value as a number: a reader that does not look at the type would take the key for it.
  EXPECT_THAT(refusal({{{5, 0}, false, first.kv + "\x28\x01"}}), HasSubstr("not known"));
}

}  // namespace
}  // namespace quorate::mvcc
