// A snapshot that a real etcd saved is read as etcdutl reads it. The fixture: etcd 3.7.1, 20 puts of seven keys, a
// deletion, a lease and a key with it, a compaction, a value over a page, a transaction; then defragmented and saved.

#include "quorate/etcdfile/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quorate/base/errors.h"
#include "quorate/mvcc/etcd_form.h"
#include "tests/base/files_testing.h"
#include "tests/etcdfile/etcdfile_testing.h"

namespace quorate::etcdfile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<SnapshotFile> OpenFixture() {
  auto file = SnapshotFile::Open(QUORATE_ETCD_SNAPSHOT);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

// A file of history alone, as a store would leave it.
class Made {
 public:
  explicit Made(const std::vector<Change>& changes, Entries meta = {}) {
    Database database{{"key", {}}, {"meta", std::move(meta)}};
    for (const Change& change : changes) database["key"][HistoryKey(change)] = HistoryValue(change);
    base::WriteFile(path(), *Write(database));
    file_ = *SnapshotFile::Open(path());
  }
  std::string path() const { return directory_.path() + "/made"; }
  const SnapshotFile& operator*() const { return *file_; }
  const SnapshotFile* operator->() const { return file_.get(); }

 private:
  base::TemporaryDirectory directory_;
  std::unique_ptr<SnapshotFile> file_;
};

TEST(SnapshotFileTest, TellsItsSizes) {
  const auto file = OpenFixture();
  EXPECT_EQ(file->file_bytes(), 40992u);
  EXPECT_EQ(file->database_bytes(), 40960u);
  EXPECT_EQ(file->page_bytes(), 4096u);
  EXPECT_TRUE(file->has_trailer());
  EXPECT_EQ(file->VerifyTrailer(), absl::OkStatus());
  EXPECT_EQ(file->CheckStructure(), absl::OkStatus());
}

TEST(SnapshotFileTest, HasEtcdsBuckets) {
  const auto file = OpenFixture();
  std::vector<std::string> names;
  const auto buckets = file->Buckets();
  while (buckets->Next()) {
    EXPECT_TRUE(buckets->is_bucket());
    names.emplace_back(buckets->key());
  }
  EXPECT_EQ(buckets->status(), absl::OkStatus());
  EXPECT_THAT(names, ElementsAre("alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members",
                                 "members_removed", "meta"));
  EXPECT_FALSE((*file->Bucket("nosuch"))->Next());
}

TEST(SnapshotFileTest, StatusIsEtcdutls) {
  const auto status = OpenFixture()->Status();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->hash, 843280081u);
  EXPECT_EQ(status->revision, 27);
  EXPECT_EQ(status->total_keys, 9u);
  EXPECT_EQ(status->total_bytes, 40960u);
  EXPECT_EQ(status->version, "3.7.0");
}

TEST(SnapshotFileTest, HashKVIsEtcdutls) {
  const auto file = OpenFixture();
  const auto newest = file->HashKV(0);
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_EQ(newest->hash, 3214058205u);
  EXPECT_EQ(newest->hash_revision, 27);
  EXPECT_EQ(newest->revision, 27);
  EXPECT_EQ(newest->compact_revision, 15);
  EXPECT_EQ(file->HashKV(15)->hash, 2868904537u);
  EXPECT_EQ(file->HashKV(20)->hash, 1699812443u);
  EXPECT_EQ(file->HashKV(24)->hash, 827599705u);
  EXPECT_EQ(file->HashKV(14).status(), base::errors::Compacted());
  EXPECT_EQ(file->HashKV(28).status(), base::errors::FutureRevision());
}

TEST(SnapshotFileTest, HistoryInOrder) {
  const auto file = OpenFixture();
  auto history = file->History();
  ASSERT_TRUE(history.ok());
  ASSERT_TRUE(history->Next());
  EXPECT_EQ(history->entry().revision, (mvcc::Revision{9, 0}));
  EXPECT_FALSE(history->entry().deleted);
  const auto first = mvcc::DecodeKeyValue(history->entry().kv);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->key, "k1");
  EXPECT_EQ(first->created, 2);
  EXPECT_EQ(first->modified, 9);
  EXPECT_EQ(first->version, 2);
  EXPECT_EQ(first->value, "value8");
  std::map<mvcc::Revision, std::string> deleted;
  std::string lease_key;
  size_t largest = 0;
  int entries = 1;
  while (history->Next()) {
    ++entries;
    const auto fields = mvcc::DecodeKeyValue(history->entry().kv);
    ASSERT_TRUE(fields.has_value());
    if (history->entry().deleted) deleted[history->entry().revision] = fields->key;
    if (fields->lease != 0) lease_key = fields->key;
    largest = std::max(largest, fields->value.size());
  }
  EXPECT_EQ(history->status(), absl::OkStatus());
  EXPECT_EQ(entries, 20);
  EXPECT_EQ(deleted, (std::map<mvcc::Revision, std::string>{{{22, 0}, "k3"}, {{27, 0}, "k2"}}));
  EXPECT_EQ(lease_key, "leased");
  EXPECT_EQ(largest, 5000u);
  EXPECT_LE(history->walked_bytes(), file->database_bytes());
}

TEST(SnapshotFileTest, MetaAndLeases) {
  const auto file = OpenFixture();
  const auto meta = file->Meta();
  ASSERT_TRUE(meta.ok()) << meta.status();
  EXPECT_EQ(meta->consistent_index, 36u);
  EXPECT_EQ(meta->term, 3u);
  EXPECT_EQ(meta->storage_version, "3.7.0");
  EXPECT_EQ(meta->finished_compact_revision, 15);
  EXPECT_EQ(meta->scheduled_compact_revision, 15);
  EXPECT_EQ(meta->compacted_revision(), 15);
  EXPECT_THAT(meta->conf_state, HasSubstr("voters"));
  std::vector<LeaseEntry> leases;
  EXPECT_EQ(file->ForEachLease([&](const LeaseEntry& lease) {
    leases.push_back(lease);
    return absl::OkStatus();
  }),
            absl::OkStatus());
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_EQ(leases[0].ttl_seconds, 1'000'000);
  EXPECT_EQ(leases[0].remaining_ttl_seconds, 0);
  int alarms = 0;
  EXPECT_EQ(file->ForEachAlarm([&](const AlarmEntry&) {
    ++alarms;
    return absl::OkStatus();
  }),
            absl::OkStatus());
  EXPECT_EQ(alarms, 0);
}

TEST(SnapshotFileTest, AlarmsAreTheKeysOfTheirBucket) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  base::WriteFile(path, *Write({{"alarm", {{std::string("\x08\x05\x10\x01", 4), ""}}}}));
  std::vector<std::pair<uint64_t, int>> alarms;
  EXPECT_EQ((*SnapshotFile::Open(path))->ForEachAlarm([&](const AlarmEntry& alarm) {
    alarms.emplace_back(alarm.member, alarm.type);
    return absl::OkStatus();
  }),
            absl::OkStatus());
  EXPECT_THAT(alarms, ElementsAre(std::pair<uint64_t, int>(5, 1)));
}

TEST(SnapshotFileTest, CopyOfADataDirectoryHasNoTrailer) {
  const Made made({{.main = 2, .key = "a", .created = 2, .version = 1}});
  EXPECT_FALSE(made->has_trailer());
  EXPECT_EQ(made->VerifyTrailer().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SnapshotFileTest, RoomForGrowthIsNoPartOfTheDatabase) {
  const Made made({{.main = 2, .key = "a", .created = 2, .version = 1}});
  std::string bytes = base::ReadFile(made.path());
  const size_t size = bytes.size();
  bytes.resize(size + (1 << 20), '\x55');
  base::WriteFile(made.path(), bytes);
  const auto file = SnapshotFile::Open(made.path());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->database_bytes(), size);
  EXPECT_EQ((*file)->CheckStructure(), absl::OkStatus());
}

TEST(SnapshotFileTest, OneGoodMetaPageIsEnough) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  const std::string bytes = base::ReadFile(QUORATE_ETCD_SNAPSHOT);
  for (const size_t page : {0, 1}) {
    std::string damaged = bytes;
    damaged[page * 4096 + 40] ^= 1;
    base::WriteFile(path, damaged);
    const auto file = SnapshotFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(Read(**file).ok());
  }
}

TEST(SnapshotFileTest, WhatIsNoDatabaseIsRefusedByName) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  EXPECT_EQ(SnapshotFile::Open(path).status().code(), absl::StatusCode::kNotFound);
  const std::string good = base::ReadFile(QUORATE_ETCD_SNAPSHOT);
  std::string no_meta = good;
  no_meta[30] ^= 1;
  no_meta[4096 + 30] ^= 1;
  const std::tuple<std::string, absl::StatusCode, const char*> cases[] = {
      {"", absl::StatusCode::kInvalidArgument, "is not a bbolt database (it is empty)"},
      {"hello", absl::StatusCode::kInvalidArgument, "is not a bbolt database"},
      {std::string(100'000, 'x'), absl::StatusCode::kInvalidArgument, "is not a bbolt database"},
      {good.substr(0, 20'100), absl::StatusCode::kDataLoss, "is truncated: it has 20100 bytes of 10 pages of 4096"},
      {good.substr(0, 100), absl::StatusCode::kDataLoss, "is truncated"},
      {no_meta, absl::StatusCode::kDataLoss, "meta pages are both damaged"},
  };
  for (const auto& [bytes, code, message] : cases) {
    base::WriteFile(path, bytes);
    const absl::Status status = SnapshotFile::Open(path).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

TEST(SnapshotFileTest, WrongTrailerIsSeen) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  std::string bytes = base::ReadFile(QUORATE_ETCD_SNAPSHOT);
  bytes[20'000] ^= 1;
  base::WriteFile(path, bytes);
  uint64_t read = 0;
  const absl::Status status = (*SnapshotFile::Open(path))->VerifyTrailer([&](uint64_t so_far) { read = so_far; });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), StartsWith("expected sha256"));
  EXPECT_EQ(read, bytes.size() - 32);
}

TEST(SnapshotFileTest, EmptyStoreIsAtRevisionOne) {
  const Made made({});
  EXPECT_EQ(made->HashKV(0)->revision, 1);
  EXPECT_EQ(made->HashKV(0)->compact_revision, -1);
  EXPECT_EQ(made->Status()->revision, 0);
  EXPECT_EQ(made->Status()->version, "");
}

TEST(SnapshotFileTest, KeysDeletedAndPutAgainCountOnce) {
  const Made made({{.main = 2, .key = "a", .created = 2, .version = 1},
                   {.main = 3, .deleted = true, .key = "a"},
                   {.main = 4, .key = "a", .created = 4, .version = 1},
                   {.main = 5, .key = "a", .created = 4, .version = 2},
                   {.main = 6, .key = "b", .created = 6, .version = 1},
                   {.main = 6, .sub = 1, .key = "c", .created = 6, .version = 1},
                   {.main = 7, .deleted = true, .key = "b"}});
  EXPECT_EQ(made->Status()->total_keys, 2u);
}

TEST(SnapshotFileTest, HistoryThatIsNoneIsRefused) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  for (const std::string& key : {std::string("x"), std::string(17, 'x'), "\xff" + std::string(7, 'x') + "_12345678"}) {
    base::WriteFile(path, *Write({{"key", {{key, ""}}}}));
    const auto file = *SnapshotFile::Open(path);
    EXPECT_EQ(file->Status().status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(file->HashKV(0).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace quorate::etcdfile
