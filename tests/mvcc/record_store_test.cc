#include "src/mvcc/record_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"
#include "tests/base/files_testing.h"

namespace quorate::mvcc {
namespace {

// Records in a database, and no room in the cache.
class RecordStoreTest : public testing::Test {
 protected:
  static base::Buffer RecordOf(Revision revision) {
    KeyState state;
    state.modified = revision;
    state.created = revision.main;
    state.version = 1;
    return EncodePut("key", "value of " + Text(revision) + std::string(200, '.'), state, std::nullopt);
  }

  void Write(const std::vector<Revision>& revisions) {
    storage::WriteBatch batch;
    for (const Revision revision : revisions) {
      batch.Put(storage::Family::kRevs, View(EncodeRevision(revision)), RecordOf(revision).view());
    }
    QUORATE_CHECK(database_->WriteUnmarked(batch).ok());
  }

  void ExpectFound(const std::vector<Revision>& revisions) {
    std::vector<base::Buffer> records;
    ASSERT_TRUE(store_.Fetch(revisions, &records).ok());
    ASSERT_EQ(records.size(), revisions.size());
    for (size_t i = 0; i < revisions.size(); ++i) {
      ASSERT_EQ(records[i].view(), RecordOf(revisions[i]).view()) << Text(revisions[i]);
    }
  }

  std::string FailureOf(const std::vector<Revision>& revisions) {
    std::vector<base::Buffer> records;
    const absl::Status status = store_.Fetch(revisions, &records);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return std::string(base::MessageOf(status));
  }

  const base::TemporaryDirectory directory_;
  const std::unique_ptr<storage::Database> database_ = *storage::Database::Open({.path = directory_.path() + "/db"});
  RecordStore store_{database_.get(), 0};
};

std::vector<Revision> Between(int64_t first, int64_t last) {
  std::vector<Revision> revisions;
  for (int64_t main = first; main <= last; ++main) revisions.push_back({main, 0});
  return revisions;
}

TEST_F(RecordStoreTest, FindsNeighboursAndScatteredOnesInAnyOrder) {
  std::vector<Revision> all;
  for (int64_t main = 2; main < 4000; ++main) {
    // Now and then a transaction of many changes stands between two neighbours.
    for (int64_t sub = 0; sub < (main % 100 == 0 ? 50 : 1); ++sub) all.push_back({main, sub});
  }
  Write(all);
  QUORATE_CHECK(database_->Flush().ok());
  std::minstd_rand random(1);
  for (const size_t share : {1, 2, 5, 9, 40, 300}) {
    std::vector<Revision> some;
    for (const Revision revision : all) {
      if (random() % share == 0) some.push_back(revision);
    }
    std::shuffle(some.begin(), some.end(), random);
    ExpectFound(some);
  }
  // Long runs and single ones together, and one twice.
  std::vector<Revision> mixed = Between(1000, 1500);
  for (const int64_t main : {3, 700, 1200, 3999}) mixed.push_back({main, 0});
  ExpectFound(mixed);
}

TEST_F(RecordStoreTest, FindsWhatIsNotFlushed) {
  Write(Between(2, 200));
  QUORATE_CHECK(database_->Flush().ok());
  Write(Between(201, 400));
  ExpectFound(Between(100, 300));
}

TEST_F(RecordStoreTest, SaysWhichRecordIsMissing) {
  std::vector<Revision> written = Between(2, 100);
  std::erase(written, Revision{50, 0});
  Write(written);
  EXPECT_EQ(FailureOf(Between(30, 70)), "the record of revision 50/0 is missing");    // among neighbours
  EXPECT_EQ(FailureOf(Between(90, 101)), "the record of revision 101/0 is missing");  // behind the last
  EXPECT_EQ(FailureOf({{50, 0}}), "the record of revision 50/0 is missing");          // alone
}

TEST_F(RecordStoreTest, LeapsOverWhatWasRemovedBetweenNeighbours) {
  std::vector<Revision> left = Between(2, 60);
  std::vector<Revision> removed;
  for (const Revision revision : left) {
    for (int64_t sub = 1; sub <= 200; ++sub) removed.push_back({revision.main, sub});
  }
  const auto remove = [&](const std::vector<Revision>& revisions) {
    storage::WriteBatch batch;
    for (const Revision revision : revisions) batch.Delete(storage::Family::kRevs, View(EncodeRevision(revision)));
    QUORATE_CHECK(database_->WriteUnmarked(batch).ok());
  };
  Write(left);
  Write(removed);
  QUORATE_CHECK(database_->Flush().ok());
  remove(removed);
  ExpectFound(left);
  remove({{30, 0}});
  EXPECT_EQ(FailureOf(left), "the record of revision 30/0 is missing");
}

TEST_F(RecordStoreTest, SaysWhichRecordIsMalformed) {
  Write(Between(2, 100));
  storage::WriteBatch batch;
  batch.Put(storage::Family::kRevs, View(EncodeRevision({50, 0})), "?");
  QUORATE_CHECK(database_->WriteUnmarked(batch).ok());
  EXPECT_EQ(FailureOf(Between(30, 70)), "the record of revision 50/0 is malformed");
  EXPECT_EQ(FailureOf({{50, 0}}), "the record of revision 50/0 is malformed");
}

TEST_F(RecordStoreTest, EndsSoonAfterItMayNotGoOn) {
  constexpr int64_t kApart = 20;
  const std::vector<Revision> neighbours = Between(2, 10'000);
  std::vector<Revision> scattered;
  for (int64_t i = 0; i < 10'000; ++i) scattered.push_back({20'000 + kApart * i, 0});
  Write(neighbours);
  Write(scattered);
  for (const auto& revisions : {neighbours, scattered}) {
    int asked = 0;
    const auto may_go_on = [&] { return ++asked < 2 ? absl::OkStatus() : base::errors::DeadlineExceeded(); };
    std::vector<base::Buffer> records;
    EXPECT_EQ(store_.Fetch(revisions, &records, nullptr, may_go_on), base::errors::DeadlineExceeded());
    EXPECT_EQ(asked, 2);
    EXPECT_FALSE(records.back()) << "read to the end all the same";
  }
}

}  // namespace
}  // namespace quorate::mvcc
