#include "quorate/storage/database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "tests/base/files_testing.h"

namespace quorate::storage {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    database_.reset();
    auto opened = Database::Open(options_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = *std::move(opened);
  }

  void Put(Family family, std::string_view key, std::string_view value, uint64_t mark) {
    WriteBatch batch;
    batch.Put(family, key, value);
    ASSERT_TRUE(database_->Write(batch, mark).ok());
  }

  std::optional<std::string> Get(Family family, std::string_view key) {
    auto value = database_->Get(family, key);
    EXPECT_TRUE(value.ok()) << value.status();
    return *value;
  }

  base::TemporaryDirectory directory_;
  DatabaseOptions options_{.path = directory_.path() + "/db",
                           .block_cache_bytes = 1 << 20,
                           .write_buffer_bytes = 1 << 20,
                           .flush_on_close = false};
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, FamiliesAreSeparate) {
  Put(Family::kKeys, "k", "1", 1);
  Put(Family::kRevs, "k", "2", 2);
  EXPECT_EQ(Get(Family::kKeys, "k"), "1");
  EXPECT_EQ(Get(Family::kRevs, "k"), "2");
  EXPECT_EQ(Get(Family::kMeta, "k"), std::nullopt);
}

TEST_F(DatabaseTest, SplitPointsPartAFamilyIntoStretchesOfLikeSize) {
  EXPECT_TRUE(database_->SplitPoints(Family::kKeys, 4).empty());
  // Most of it begins with the same bytes, and zero bytes are as good as others.
  constexpr int kKeys = 40'000;
  const std::string value(200, '.');
  std::vector<std::string> keys;
  std::minstd_rand random(1);
  for (int i = 0; i < kKeys; ++i) {
    std::string key = i % 10 == 0 ? "a" : std::string("m\0m", 3);
    while (key.size() < 150) key.push_back(static_cast<char>(random() % 256));
    Put(Family::kKeys, key, value, i);
    keys.push_back(std::move(key));
  }
  ASSERT_TRUE(database_->Flush().ok());
  std::sort(keys.begin(), keys.end());
  const std::vector<std::string> points = database_->SplitPoints(Family::kKeys, 4);
  ASSERT_EQ(points.size(), 3u);
  std::vector<size_t> places;
  for (const std::string& point : points) {
    places.push_back(std::lower_bound(keys.begin(), keys.end(), point) - keys.begin());
  }
  for (size_t i = 0; i < places.size(); ++i) EXPECT_NEAR(places[i], kKeys / 4 * (i + 1), kKeys / 20) << i;
  EXPECT_TRUE(database_->SplitPoints(Family::kRevs, 4).empty());
}

// One family could be there and another not.
TEST_F(DatabaseTest, WithoutBackgroundWorkClosingWritesNothing) {
  options_.flush_on_close = true;
  Reopen();
  Put(Family::kKeys, "k", "1", 1);
  database_->StopBackgroundWork();
  Put(Family::kRevs, "k", "2", 2);
  Reopen();
  EXPECT_EQ(database_->durable_mark(), 0u);
  EXPECT_EQ(Get(Family::kKeys, "k"), std::nullopt);
  EXPECT_EQ(Get(Family::kRevs, "k"), std::nullopt);
}

TEST_F(DatabaseTest, ABatchTakesEffectTogetherAndIsLeftEmpty) {
  WriteBatch batch;
  const size_t empty_bytes = batch.bytes();
  batch.Put(Family::kRevs, "a", "one");
  batch.Put(Family::kRevs, "b", "x");
  batch.Delete(Family::kRevs, "b");
  EXPECT_GT(batch.bytes(), empty_bytes);
  ASSERT_TRUE(database_->Write(batch, 1).ok());
  EXPECT_EQ(batch.bytes(), empty_bytes);
  EXPECT_EQ(Get(Family::kRevs, "a"), "one");
  EXPECT_EQ(Get(Family::kRevs, "b"), std::nullopt);
}

TEST_F(DatabaseTest, MultiGetVisitsWhatIsThereAtItsPlace) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    keys.push_back("key" + std::to_string(i * 7919 % 1000));
    if (i % 3 != 0) Put(Family::kRevs, keys.back(), keys.back() + "!", i);
    if (i == 500) {
      ASSERT_TRUE(database_->Flush().ok());
    }
  }
  std::map<size_t, std::string> found;
  ASSERT_TRUE(database_
                  ->MultiGet(Family::kRevs, keys,
                             [&](size_t i, std::string_view value) { EXPECT_TRUE(found.emplace(i, value).second); })
                  .ok());
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_EQ(found.count(i), i % 3 != 0 ? 1u : 0u);
    if (i % 3 != 0) {
      EXPECT_EQ(found[i], keys[i] + "!");
    }
  }
}

TEST_F(DatabaseTest, IteratorsKeepToTheirBoundsAndSnapshot) {
  for (const char* key : {"a", "b", "c", "d"}) Put(Family::kKeys, key, key, 1);
  auto snapshot = database_->TakeSnapshot();
  Put(Family::kKeys, "bb", "later", 2);
  auto iterator = database_->NewIterator(
      Family::kKeys, {.snapshot = snapshot.get(), .lower_bound = "b", .upper_bound = "d", .fill_cache = false});
  std::string seen;
  for (iterator->Seek(""); iterator->Valid(); iterator->Next()) seen += iterator->key();
  EXPECT_TRUE(iterator->status().ok());
  EXPECT_EQ(seen, "bc");
  iterator->SeekForPrev("z");
  ASSERT_TRUE(iterator->Valid());
  EXPECT_EQ(iterator->value(), "c");
}

TEST_F(DatabaseTest, AWalkOverMoreDeletedEntriesThanItMayPassGivesUp) {
  WriteBatch batch;
  for (char name = 'a'; name <= 'z'; ++name) batch.Put(Family::kKeys, std::string(1, name), "");
  for (char name = 'b'; name <= 'y'; ++name) batch.Delete(Family::kKeys, std::string(1, name));
  ASSERT_TRUE(database_->WriteUnmarked(batch).ok());
  auto patient = database_->NewIterator(Family::kKeys);
  patient->Seek("a");
  patient->Next();
  ASSERT_TRUE(patient->Valid());
  EXPECT_EQ(patient->key(), "z");
  IteratorOptions options;
  options.skipped_max = 10;
  auto hasty = database_->NewIterator(Family::kKeys, options);
  hasty->Seek("a");
  ASSERT_TRUE(hasty->Valid());
  hasty->Next();
  EXPECT_FALSE(hasty->Valid());
  EXPECT_TRUE(absl::IsAborted(hasty->status()));
  hasty->Seek("z");
  ASSERT_TRUE(hasty->Valid());
  hasty->Next();
  EXPECT_FALSE(hasty->Valid());
  EXPECT_TRUE(hasty->status().ok()) << "the end";
}

class BehindTest : public DatabaseTest {
 protected:
  // Of revs, in the memtable.
  int Entries() { return std::stoi(database_->Property("rocksdb.num-entries-active-mem-table")); }
  void PutBehind(std::string_view key, std::string_view value, uint64_t mark) {
    WriteBatch batch;
    batch.Put(Family::kRevs, key, value);
    const size_t bytes = batch.bytes();
    ASSERT_TRUE(database_->WriteBehind(batch, mark).ok());
    EXPECT_LT(batch.bytes(), bytes);
  }
  std::string FirstOf(std::string upper_bound, const Snapshot* snapshot = nullptr) {
    IteratorOptions options;
    options.snapshot = snapshot;
    options.upper_bound = std::move(upper_bound);
    auto iterator = database_->NewIterator(Family::kRevs, options);
    iterator->Seek("");
    return iterator->Valid() ? std::string(iterator->value()) : "";
  }
};

TEST_F(BehindTest, ItIsWrittenWhenItsWriterSaysSo) {
  PutBehind("b", "1", 1);
  EXPECT_EQ(Entries(), 0);
  ASSERT_TRUE(database_->Settle().ok());
  EXPECT_EQ(Entries(), 1);
  EXPECT_EQ(Get(Family::kRevs, "b"), "1");
}

TEST_F(BehindTest, WhoMayNeedItSeesIt) {
  const std::vector<std::function<std::string()>> reads = {
      [&] { return Get(Family::kRevs, "b").value_or(""); },
      [&] {
        std::string found;
        EXPECT_TRUE(database_->MultiGet(Family::kRevs, {"a", "b"}, [&](size_t, std::string_view v) { found = v; }).ok());
        return found;
      },
      [&] { return FirstOf(""); },
      [&] { return FirstOf("c"); },
      [&] { return FirstOf("", database_->TakeSnapshot().get()); },
  };
  for (size_t i = 0; i < reads.size(); ++i) {
    PutBehind("b", std::to_string(i), i + 1);
    EXPECT_EQ(Entries(), static_cast<int>(i));
    EXPECT_EQ(reads[i](), std::to_string(i));
    EXPECT_EQ(Entries(), static_cast<int>(i + 1));
  }
}

TEST_F(BehindTest, WhoCannotNeedItDoesNotWriteIt) {
  Put(Family::kRevs, "a", "old", 1);
  const std::shared_ptr<const Snapshot> before = database_->TakeSnapshot();
  PutBehind("b", "new", 2);
  EXPECT_EQ(Get(Family::kRevs, "a"), "old");
  EXPECT_EQ(FirstOf("aa"), "old");
  EXPECT_EQ(FirstOf("", before.get()), "old");
  EXPECT_FALSE(database_->NewIterator(Family::kKeys)->Valid());
  EXPECT_EQ(Entries(), 1);
}

TEST_F(BehindTest, WhatIsWrittenAfterItComesAfterIt) {
  WriteBatch other;
  other.Put(Family::kKeys, "k", "1");
  PutBehind("b", "1", 1);
  ASSERT_TRUE(database_->WriteUnmarked(other).ok());
  EXPECT_EQ(Entries(), 1);
  other.Put(Family::kKeys, "k", "2");
  PutBehind("b", "2", 2);
  ASSERT_TRUE(database_->WriteAtLeisure(other).ok());
  EXPECT_EQ(Entries(), 2);
  PutBehind("b", "3", 3);
  PutBehind("b", "4", 4);
  EXPECT_EQ(Entries(), 3);
  Put(Family::kRevs, "b", "5", 5);
  EXPECT_EQ(Entries(), 5);
  EXPECT_EQ(Get(Family::kRevs, "b"), "5");
}

TEST_F(BehindTest, AFlushMakesItDurable) {
  PutBehind("b", "1", 9);
  ASSERT_TRUE(database_->Flush().ok());
  EXPECT_EQ(database_->durable_mark(), 9u);
  PutBehind("b", "2", 10);
  Reopen();
  EXPECT_EQ(Get(Family::kRevs, "b"), "1");
}

TEST_F(BehindTest, SoDoesClosing) {
  options_.flush_on_close = true;
  Reopen();
  PutBehind("b", "1", 9);
  Reopen();
  EXPECT_EQ(Get(Family::kRevs, "b"), "1");
  EXPECT_EQ(database_->durable_mark(), 9u);
}

TEST_F(DatabaseTest, ACrashFallsBackToTheDurableMark) {
  Put(Family::kKeys, "a", "1", 10);
  ASSERT_TRUE(database_->Flush().ok());
  EXPECT_EQ(database_->durable_mark(), 10u);
  Put(Family::kKeys, "b", "2", 11);
  EXPECT_EQ(database_->durable_mark(), 10u);
  Reopen();
  EXPECT_EQ(database_->durable_mark(), 10u);
  EXPECT_EQ(Get(Family::kKeys, "a"), "1");
  EXPECT_EQ(Get(Family::kKeys, "b"), std::nullopt);
}

TEST_F(DatabaseTest, ClosingMakesEverythingDurableUnlessTold) {
  options_.flush_on_close = true;
  Reopen();
  Put(Family::kRevs, "a", "1", 10);
  Reopen();
  EXPECT_EQ(database_->durable_mark(), 10u);
  EXPECT_EQ(Get(Family::kRevs, "a"), "1");
}

TEST_F(DatabaseTest, TheMarkRisesByFlushesThatNobodyAskedFor) {
  const std::string value(4096, 'x');
  for (uint64_t mark = 1; mark <= 2000; ++mark) Put(Family::kRevs, "key" + std::to_string(mark), value, mark);
  EXPECT_GT(database_->durable_mark(), 0u);
  ASSERT_TRUE(database_->Flush().ok());
  EXPECT_EQ(database_->durable_mark(), 2000u);
  // What a crash now leaves is exactly everything up to the mark.
  Put(Family::kRevs, "key2001", value, 2001);
  Reopen();
  EXPECT_NE(Get(Family::kRevs, "key2000"), std::nullopt);
  EXPECT_EQ(Get(Family::kRevs, "key2001"), std::nullopt);
}

TEST_F(DatabaseTest, ASecondOpenIsRefusedWhileTheFirstLives) {
  auto second = Database::Open(options_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition) << second.status();
}

TEST_F(DatabaseTest, ReadOnlySeesWhatIsFlushedAndNeedsAStore) {
  Put(Family::kRevs, "a", "1", 3);
  ASSERT_TRUE(database_->Flush().ok());
  DatabaseOptions read_only = options_;
  read_only.read_only = true;
  auto opened = Database::Open(read_only);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(**(*opened)->Get(Family::kRevs, "a"), "1");
  EXPECT_EQ((*opened)->durable_mark(), 3u);
  read_only.path += "-absent";
  EXPECT_FALSE(Database::Open(read_only).ok());
  EXPECT_FALSE(std::filesystem::exists(read_only.path + "/CURRENT"));
}

TEST_F(DatabaseTest, WhatIsWrongIsToldInFewWords) {
  Put(Family::kRevs, "a", "1", 3);
  database_.reset();
  for (const size_t bytes : {size_t{0}, size_t{100}, size_t{8} << 20}) {
    std::ofstream(options_.path + "/CURRENT") << std::string(bytes, '\0');
    const absl::Status opened = Database::Open(options_).status();
    EXPECT_FALSE(opened.ok());
    EXPECT_NE(base::MessageOf(opened).find(options_.path + "/CURRENT"), std::string_view::npos);
    EXPECT_LT(base::MessageOf(opened).size(), 1000u);
  }
}

TEST_F(DatabaseTest, WhatMustExistIsNotCreated) {
  DatabaseOptions absent = options_;
  absent.must_exist = true;
  absent.path += "-absent";
  EXPECT_FALSE(Database::Open(absent).ok());
  EXPECT_FALSE(std::filesystem::exists(absent.path + "/CURRENT"));
  database_.reset();
  options_.must_exist = true;
  Reopen();
}

TEST_F(DatabaseTest, DamageIsNamed) {
  for (int i = 0; i < 100; ++i) Put(Family::kRevs, "key" + std::to_string(i), std::string(1000, 'a' + i % 26), i);
  ASSERT_TRUE(database_->Flush().ok());
  database_.reset();
  std::string damaged;
  for (const auto& entry : std::filesystem::directory_iterator(options_.path)) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 2000) continue;
    damaged = entry.path().filename();
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.write("damage", 6);
  }
  ASSERT_FALSE(damaged.empty());
  Reopen();
  auto value = database_->Get(Family::kRevs, "key0");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(value.status().ToString().find(damaged), std::string::npos) << value.status();
}

TEST_F(DatabaseTest, SizesAndPropertiesAnswer) {
  Put(Family::kRevs, "a", std::string(10000, 'x'), 1);
  EXPECT_GT(database_->Size().live_bytes, 10000u);
  ASSERT_TRUE(database_->Flush().ok());
  EXPECT_GT(database_->Size().on_disk_bytes, 0u);
  EXPECT_FALSE(database_->Property("rocksdb.stats").empty());
  EXPECT_EQ(database_->Property("no.such"), "");
  EXPECT_TRUE(database_->CompactAll().ok());
  EXPECT_TRUE(database_->BackgroundError().ok());
}

TEST_F(DatabaseTest, RewritingEndsWhenItIsCancelled) {
  for (uint64_t mark = 1; mark <= 1000; ++mark) Put(Family::kRevs, std::to_string(mark), std::string(100, 'v'), mark);
  std::atomic<bool> canceled{true};
  EXPECT_TRUE(absl::IsCancelled(database_->CompactAll(&canceled)));
  EXPECT_EQ(Get(Family::kRevs, "7"), std::string(100, 'v'));
  canceled = false;
  EXPECT_TRUE(database_->CompactAll(&canceled).ok());
  EXPECT_EQ(Get(Family::kRevs, "7"), std::string(100, 'v'));
}

}  // namespace
}  // namespace quorate::storage
