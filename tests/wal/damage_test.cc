// Whatever happens to the files, a log is recovered with everything that was synced, or refused with file and offset.

#include <gtest/gtest.h>

#include <random>

#include "src/wal/segment.h"
#include "tests/wal/wal_testing.h"

namespace quorate::wal {
namespace {

using Operation = base::SimulatedFileSystem::Operation;
using Contents = std::map<std::string, std::string>;

class DamageTest : public WalTest {
 protected:
  DamageTest() { options_.segment_bytes = 32 << 10; }

  enum class Outcome { kComplete, kRefused };

  // Opens a copy of the disk; whatever opens must hold exactly `expected`.
  Outcome Try(const Contents& contents, const std::vector<raft::Entry>& expected, const std::string& what) {
    files_.Restore(contents);
    int changes = 0;
    files_.SetFault([&](Operation operation, const std::string& path) {
      changes += operation == Operation::kWrite || operation == Operation::kRename || operation == Operation::kRemove;
      return absl::OkStatus();
    });
    Recovered recovered;
    const auto wal = Wal::Open(options_, 0, &recovered);
    files_.SetFault(nullptr);
    if (!wal.ok()) {
      EXPECT_EQ(wal.status().code(), absl::StatusCode::kDataLoss) << what << ": " << wal.status();
      EXPECT_NE(base::MessageOf(wal.status()).find(kDirectory), std::string::npos) << wal.status();
      EXPECT_EQ(changes, 0) << what << ": refused, and yet written to";
      return Outcome::kRefused;
    }
    EXPECT_TRUE(SameEntries(recovered.entries, expected)) << what << ": opened with " << recovered.entries.size();
    return Outcome::kComplete;
  }

  // Entries of several sizes, all synced; over three segments unless they are made larger.
  void WriteSample() {
    auto wal = Create();
    for (const size_t bytes : {100, 4000, 9000, 9000, 7000, 500, 300, 6000, 700, 40}) {
      Add(*wal, 1, bytes);
      sample_.push_back(MakeEntry(wal->last_index(), 1, bytes));
    }
    contents_ = files_.Contents();
  }
  // Where the log ends in the last segment, and where its last record begins.
  uint64_t End() { return EndOfWritten(SegmentPaths().back()) - kBlockBytes; }
  uint64_t EndOfWritten(const std::string& path) {
    const std::string& bytes = contents_[path];
    return RoundUpToBlock(bytes.find_last_not_of('\0') + 1);
  }

  std::vector<raft::Entry> sample_;
  Contents contents_;
};

TEST_F(DamageTest, UndamagedLogOpens) {
  WriteSample();
  EXPECT_EQ(SegmentPaths().size(), 3u);
  EXPECT_EQ(Try(contents_, sample_, "sample"), Outcome::kComplete);
}

TEST_F(DamageTest, LastSegmentTruncatedAtEveryByteIsRefusedUntilTheEndIsInSight) {
  WriteSample();
  const std::string path = SegmentPaths().back();
  const uint64_t end = End();
  for (uint64_t size = 0; size <= end + 2 * kBlockBytes; size += kOneIn) {
    const bool is_in_last_records = size >= end - 2 * kBlockBytes && size <= end + kSectorBytes + 1;
    if (!is_in_last_records && size > 600 && size % 97 != 0) continue;
    Contents cut = contents_;
    cut[path].resize(size);
    const Outcome expected = size >= end + kSectorBytes ? Outcome::kComplete : Outcome::kRefused;
    ASSERT_EQ(Try(cut, sample_, "truncated to " + std::to_string(size)), expected) << size << " of " << end;
  }
}

TEST_F(DamageTest, ALogCutOffBehindItsEndGoesOnAfterwards) {
  WriteSample();
  Contents cut = contents_;
  cut[SegmentPaths().back()].resize(End() + kSectorBytes);
  files_.Restore(cut);
  {
    auto wal = Open();
    Add(*wal, 1, 700);
  }
  files_.Crash();
  sample_.push_back(MakeEntry(sample_.size() + 1, 1, 700));
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, sample_));
}

TEST_F(DamageTest, EarlierSegmentsTruncatedAnywhereAreRefusedOrWhole) {
  WriteSample();
  for (const size_t which : {0, 1}) {
    const std::string path = SegmentPaths()[which];
    for (uint64_t size = 0; size < contents_[path].size(); size += 331) {
      Contents cut = contents_;
      cut[path].resize(size);
      Try(cut, sample_, path + " truncated to " + std::to_string(size));
    }
  }
}

TEST_F(DamageTest, AFlippedBitAtAnyByteOfTheLastRecordsIsRefusedOrHarmless) {
  WriteSample();
  const std::string path = SegmentPaths().back();
  std::mt19937_64 random(5);
  int refused = 0;
  for (uint64_t byte = 0; byte < End() + 2 * kBlockBytes; byte += kOneIn) {
    const bool is_in_last_record = byte >= End() - kBlockBytes && byte < End() + kSectorBytes;
    if (!is_in_last_record && byte > 600 && byte % 61 != 0) continue;
    Contents flipped = contents_;
    flipped[path][byte] = static_cast<char>(flipped[path][byte] ^ (1 << random() % 8));
    const Outcome outcome = Try(flipped, sample_, "flipped a bit of byte " + std::to_string(byte));
    refused += outcome == Outcome::kRefused ? 1 : 0;
  }
  EXPECT_GT(refused, 500 / static_cast<int>(kOneIn)) << "flips inside of records must be noticed";
}

TEST_F(DamageTest, AFlippedBitAnywhereInEarlierSegmentsIsRefusedOrHarmless) {
  WriteSample();
  std::mt19937_64 random(6);
  for (int i = 0; i < 800; ++i) {
    const std::string path = SegmentPaths()[random() % 2];
    Contents flipped = contents_;
    const uint64_t byte = random() % flipped[path].size();
    flipped[path][byte] = static_cast<char>(flipped[path][byte] ^ (1 << random() % 8));
    Try(flipped, sample_, path + ": flipped a bit of byte " + std::to_string(byte));
  }
}

TEST_F(DamageTest, ZeroedSectorsOfSyncedRecordsAreRefused) {
  WriteSample();
  const std::string path = SegmentPaths().back();
  for (uint64_t at = 0; at < End(); at += kSectorBytes) {
    for (const uint64_t length : {kSectorBytes, kBlockBytes}) {
      if (at % length != 0) continue;
      Contents zeroed = contents_;
      zeroed[path].replace(at, length, length, '\0');
      const bool was_blank = zeroed[path] == contents_[path];
      EXPECT_EQ(Try(zeroed, sample_, "zeroed " + std::to_string(at)),
                was_blank ? Outcome::kComplete : Outcome::kRefused)
          << at;
    }
  }
}

TEST_F(DamageTest, GarbledBlocksAnywhereAreNeverTakenForRecords) {
  WriteSample();
  std::mt19937_64 random(7);
  const std::vector<std::string> paths = SegmentPaths();
  for (int i = 0; i < 400; ++i) {
    const std::string path = paths[random() % paths.size()];
    Contents garbled = contents_;
    const uint64_t length = 1 + random() % 6000;
    const uint64_t at = random() % (garbled[path].size() - length);
    for (uint64_t j = at; j < at + length; ++j) garbled[path][j] = static_cast<char>(random());
    Try(garbled, sample_, path + " garbled at " + std::to_string(at));
  }
}

TEST_F(DamageTest, SectorsMovedWithinAFileAreRefused) {
  WriteSample();
  const std::string path = SegmentPaths().back();
  std::mt19937_64 random(8);
  for (int i = 0; i < 300; ++i) {
    Contents moved = contents_;
    const uint64_t from = random() % (End() / kSectorBytes) * kSectorBytes;
    const uint64_t to = random() % (End() / kSectorBytes) * kSectorBytes;
    moved[path].replace(to, kSectorBytes, contents_[path], from, kSectorBytes);
    Try(moved, sample_, "moved " + std::to_string(from) + " to " + std::to_string(to));
  }
}

TEST_F(DamageTest, AMissingSegmentIsRefusedWhicheverItIs) {
  WriteSample();
  const std::vector<std::string> paths = SegmentPaths();
  for (const std::string& path : paths) {
    Contents without = contents_;
    without.erase(path);
    EXPECT_EQ(Try(without, sample_, "without " + path), Outcome::kRefused);
  }
}

TEST_F(DamageTest, SwappedOrDuplicatedSegmentsAreRefused) {
  WriteSample();
  const std::vector<std::string> paths = SegmentPaths();
  for (size_t i = 0; i < paths.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      Contents swapped = contents_;
      std::swap(swapped[paths[i]], swapped[paths[j]]);
      EXPECT_EQ(Try(swapped, sample_, "swapped"), Outcome::kRefused);
    }
    Contents duplicated = contents_;
    duplicated[kDirectory + "/" + SegmentName(4, 11)] = contents_[paths[i]];
    EXPECT_EQ(Try(duplicated, sample_, "duplicated"), Outcome::kRefused);
  }
}

TEST_F(DamageTest, ASegmentOfAnotherMemberIsRefused) {
  WriteSample();
  const Contents mine = contents_;
  files_.Restore({});
  {
    auto other = *Wal::Create(options_, {.cluster_id = kIdentity.cluster_id, .member_id = 77});
    for (const raft::Entry& entry : sample_) {
      ASSERT_TRUE(other->Append({entry}, std::nullopt).ok());
      ASSERT_TRUE(other->Sync().ok());
      other->NoteEnd();
    }
  }
  const Contents others = files_.Contents();
  for (const auto& [path, bytes] : others) {
    Contents mixed = mine;
    ASSERT_TRUE(mixed.contains(path));
    mixed[path] = bytes;
    EXPECT_EQ(Try(mixed, sample_, path), Outcome::kRefused);
  }
  files_.Restore(others);
  options_.expected_identity = kIdentity;
  const absl::Status status = Wal::Open(options_, 0, &recovered_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(files_.Contents(), others);
}

TEST_F(DamageTest, ATornLastRecordIsCutAndItsRemainsNeverComeBack) {
  options_.segment_bytes = 64 << 10;
  WriteSample();
  const std::string path = SegmentPaths().back();
  files_.Restore(contents_);
  {
    auto wal = Open();
    const raft::Index next = wal->last_index() + 1;
    ASSERT_TRUE(wal->Append({MakeEntry(next, 1, 9'000)}, std::nullopt).ok());
    ASSERT_TRUE(wal->Append({MakeEntry(next + 1, 1, 3'000)}, std::nullopt).ok());
  }
  const Contents unsynced = files_.Contents();
  const uint64_t end = End();
  for (uint64_t hole = end; hole < end + 19 * kSectorBytes; hole += kSectorBytes) {
    Contents torn = unsynced;
    torn[path].replace(hole, kSectorBytes, contents_[path], hole, kSectorBytes);
    files_.Restore(torn);
    std::vector<raft::Entry> expected = sample_;
    {
      auto wal = Open();
      ASSERT_TRUE(SameEntries(recovered_.entries, expected)) << "a hole at " << hole;
      EXPECT_EQ(recovered_.torn_tail, path + " at offset " + std::to_string(end));
      Add(*wal, 2, 5'000);  // ends where the remains of the second record begin, or before
      expected.push_back(MakeEntry(wal->last_index(), 2, 5'000));
    }
    auto wal = Open();
    EXPECT_TRUE(SameEntries(recovered_.entries, expected));
    EXPECT_EQ(recovered_.torn_tail, std::nullopt);
  }
}

}  // namespace
}  // namespace quorate::wal
