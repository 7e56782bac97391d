// What the writer writes is read back the same, whatever the sizes of the contents.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/files_testing.h"
#include "tests/etcdfile/etcdfile_testing.h"

namespace quorate::etcdfile {
namespace {

// Writes, checks the structure, reads back.
void ExpectRoundTrip(const Database& database, size_t step_bytes = 64 << 10) {
  const base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/snapshot";
  const auto bytes = Write(database, step_bytes);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  base::WriteFile(path, WithTrailer(*bytes));
  const auto file = SnapshotFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->database_bytes(), bytes->size());
  EXPECT_EQ((*file)->CheckStructure(), absl::OkStatus());
  EXPECT_EQ((*file)->VerifyTrailer(), absl::OkStatus());
  const auto read = Read(**file);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == database);
}

TEST(DatabaseWriterTest, NothingAtAll) { ExpectRoundTrip({}); }

TEST(DatabaseWriterTest, EmptyBuckets) { ExpectRoundTrip({{"alarm", {}}, {"key", {}}, {"meta", {}}}); }

TEST(DatabaseWriterTest, SmallBucketsStandInline) {
  ExpectRoundTrip({{"auth", {{"authRevision", "12345678"}}}, {"key", {}}, {"meta", {{"a", ""}, {"b", "c"}}}});
}

TEST(DatabaseWriterTest, ManyBucketsFillSeveralPages) {
  Database database;
  for (int i = 0; i < 300; ++i) database["bucket" + std::to_string(i)] = {{"name", std::to_string(i)}};
  ExpectRoundTrip(database);
}

TEST(DatabaseWriterTest, LargeValuesSpanPages) {
  std::mt19937_64 random(1);
  ExpectRoundTrip({{"key", RandomEntries(random, 50, 20, 300'000)}});
}

TEST(DatabaseWriterTest, ValuesAroundTheSizeOfAPage) {
  Entries entries;
  for (size_t size = 3900; size < 4300; ++size) entries["key" + std::to_string(size)] = std::string(size, 'x');
  ExpectRoundTrip({{"key", entries}});
}

TEST(DatabaseWriterTest, BucketsAroundTheSizeThatStandsInline) {
  for (size_t size = 900; size < 1100; ++size) ExpectRoundTrip({{"key", {{"k", std::string(size, 'x')}}}});
}

TEST(DatabaseWriterTest, BranchesOfSeveralLevels) {
  std::mt19937_64 random(2);
  // 17 bytes a key: 124 children a branch page; leaves of one or two entries.
  Entries entries;
  for (int i = 0; i < 60'000; ++i) entries[HistoryKey({.main = i})] = std::string(1500 + random() % 1000, 'v');
  ExpectRoundTrip({{"key", entries}}, 1 << 20);
}

TEST(DatabaseWriterTest, LongKeysMakeLargeBranches) {
  std::mt19937_64 random(3);
  ExpectRoundTrip({{"authUsers", RandomEntries(random, 300, 32768, 100)}});
}

TEST(DatabaseWriterTest, EntriesOfAboutAPageFillTheirPages) {
  for (const size_t value_bytes : {300, 600, 1300, 2000, 2100, 4000, 4096, 9000}) {
    Entries entries;
    for (int i = 0; i < 1000; ++i) entries[HistoryKey({.main = i})] = std::string(value_bytes, 'v');
    const size_t contents = 1000 * (value_bytes + 17);
    EXPECT_LE(Write({{"key", entries}})->size(), contents + contents / 4) << value_bytes;
    ExpectRoundTrip({{"key", entries}});
  }
}

TEST(DatabaseWriterTest, EveryNumberOfLeaves) {
  // A leaf a value; the last branch of a level must not be left with a single child.
  for (int count = 1; count < 400; count += 7) {
    Entries entries;
    for (int i = 0; i < count; ++i) entries[HistoryKey({.main = i})] = std::string(4000, 'v');
    ExpectRoundTrip({{"key", entries}});
  }
}

TEST(DatabaseWriterTest, RandomContents) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    Database database;
    for (const char* name : {"alarm", "auth", "key", "lease", "meta"}) {
      database[name] = RandomEntries(random, random() % 500, 1 + random() % 60, random() % 3000);
    }
    SCOPED_TRACE(seed);
    ExpectRoundTrip(database, 1 + random() % 100'000);
  }
}

TEST(DatabaseWriterTest, SmallBucketTakesEntriesInAnyOrder) {
  const auto bucket = SmallBucket("meta", {{"b", "2"}, {"a", "1"}});
  const auto walk = bucket->Walk();
  ASSERT_TRUE(walk->Next());
  EXPECT_EQ(walk->key(), "a");
  ASSERT_TRUE(walk->Next());
  EXPECT_EQ(walk->key(), "b");
  EXPECT_FALSE(walk->Next());
}

// Gives other entries at its second walk.
class Changing : public BucketContents {
 public:
  std::string_view name() const override { return "key"; }
  std::unique_ptr<EntryWalk> Walk() const override {
    contents_ = SmallBucket("key", {{"k", std::string(++walks_ * 5000, 'v')}});
    return contents_->Walk();
  }

 private:
  mutable int walks_ = 0;
  mutable std::unique_ptr<BucketContents> contents_;
};

TEST(DatabaseWriterTest, ContentsThatChangeAreNoticed) {
  std::vector<std::unique_ptr<BucketContents>> buckets;
  buckets.push_back(std::make_unique<Changing>());
  DatabaseWriter writer(std::move(buckets));
  ASSERT_TRUE(*writer.Measure(1 << 20));
  std::string out;
  EXPECT_EQ(writer.Produce(1 << 20, &out).status().code(), absl::StatusCode::kInternal);
}

TEST(DatabaseWriterTest, StepsStayNearTheirSize) {
  std::mt19937_64 random(4);
  Entries entries;
  for (int i = 0; i < 2000; ++i) entries[HistoryKey({.main = i})] = std::string(random() % 2000, 'v');
  Database database{{"key", entries}};
  std::vector<std::unique_ptr<BucketContents>> buckets;
  buckets.push_back(SmallBucket("key", {entries.begin(), entries.end()}));
  DatabaseWriter writer(std::move(buckets));
  while (!*writer.Measure(10'000)) {
  }
  bool done = false;
  while (!done) {
    std::string out;
    done = *writer.Produce(32 << 10, &out);
    // What was asked for, and the leaf that was begun and a branch on each level.
    EXPECT_LE(out.size(), (32 << 10) + 20 * DatabaseWriter::kPageBytes);
    EXPECT_TRUE(done || out.size() >= 32 << 10);
  }
}

}  // namespace
}  // namespace quorate::etcdfile
