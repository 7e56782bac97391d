#include "quorate/wal/wal.h"

#include <gtest/gtest.h>

#include "quorate/base/disk_refusal.h"
#include "tests/wal/wal_testing.h"

namespace quorate::wal {
namespace {

TEST_F(WalTest, WhatWasAppendedIsRecovered) {
  const std::vector<raft::Entry> entries = Made(1, 5, 2, 300);
  const raft::HardState hard_state = {.term = 2, .vote = 9, .commit = 3};
  {
    auto wal = Create();
    ASSERT_TRUE(wal->Append(entries, hard_state).ok());
    ASSERT_TRUE(wal->Sync().ok());
  }
  auto wal = Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, entries));
  EXPECT_EQ(recovered_.hard_state, hard_state);
  EXPECT_EQ(recovered_.identity, kIdentity);
  EXPECT_EQ(recovered_.torn_tail, std::nullopt);
  EXPECT_EQ(wal->first_index(), 1u);
  EXPECT_EQ(wal->last_index(), 5u);
  EXPECT_EQ(*wal->TermOf(5), 2u);
}

TEST_F(WalTest, EmptyLogIsRecoveredEmpty) {
  Create();
  auto wal = Open();
  EXPECT_TRUE(recovered_.entries.empty());
  EXPECT_EQ(wal->last_index(), 0u);
  EXPECT_EQ(recovered_.hard_state, raft::HardState());
}

TEST_F(WalTest, EntriesTheStoreHoldsAreNotReturned) {
  {
    auto wal = Create();
    for (int i = 0; i < 6; ++i) Add(*wal, 1, 10);
  }
  auto wal = Open(4);
  EXPECT_TRUE(SameEntries(recovered_.entries, Made(5, 6, 1, 10)));
  EXPECT_EQ(wal->first_index(), 1u);
}

TEST_F(WalTest, RefusesToCreateOverALogAndToOpenNone) {
  EXPECT_FALSE(Wal::Exists(files_, kDirectory));
  EXPECT_EQ(Wal::Open(options_, 0, &recovered_).status().code(), absl::StatusCode::kNotFound);
  Create();
  EXPECT_TRUE(Wal::Exists(files_, kDirectory));
  EXPECT_EQ(Wal::Create(options_, kIdentity).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(WalTest, GoesOnAcrossSegmentsAndRestarts) {
  Create();
  for (int round = 0; round < 5; ++round) {
    auto wal = Open();
    ASSERT_EQ(wal->last_index(), round * 20u);
    for (int i = 0; i < 20; ++i) Add(*wal, 1 + round, 700);
  }
  EXPECT_GE(SegmentPaths().size(), 5u);
  auto wal = Open();
  ASSERT_EQ(recovered_.entries.size(), 100u);
  for (raft::Index i = 1; i <= 100; ++i) {
    EXPECT_TRUE(SameEntry(recovered_.entries[i - 1], MakeEntry(i, 1 + (i - 1) / 20, 700)));
    EXPECT_EQ(*wal->TermOf(i), 1 + (i - 1) / 20);
  }
}

TEST_F(WalTest, EntriesOfEverySizeComeBack) {
  std::vector<raft::Entry> entries;
  {
    auto wal = Create();
    for (const size_t bytes : {0, 1, 400, 453, 454, 455, 456, 470, 480, 495, 496, 497, 992, 4000, 5000, 200'000, 3}) {
      entries.push_back(MakeEntry(entries.size() + 1, 1, bytes));
      ASSERT_TRUE(wal->Append({entries.back()}, std::nullopt).ok());
    }
    ASSERT_TRUE(wal->Sync().ok());
    EXPECT_TRUE(SameEntries(*wal->Read(1, entries.size() + 1, SIZE_MAX), entries));
  }
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, entries));
}

TEST_F(WalTest, ALaterEntryReplacesTheTail) {
  {
    auto wal = Create();
    ASSERT_TRUE(wal->Append(Made(1, 6, 1, 50), std::nullopt).ok());
    ASSERT_TRUE(wal->Append(Made(7, 9, 1, 50), std::nullopt).ok());
    ASSERT_TRUE(wal->Append(Made(4, 5, 2, 60), std::nullopt).ok());
    ASSERT_TRUE(wal->Sync().ok());
    EXPECT_EQ(wal->last_index(), 5u);
    EXPECT_EQ(*wal->TermOf(3), 1u);
    EXPECT_EQ(*wal->TermOf(4), 2u);
    EXPECT_FALSE(wal->TermOf(6).ok());
    const auto read = *wal->Read(2, 6, SIZE_MAX);
    ASSERT_EQ(read.size(), 4u);
    EXPECT_TRUE(SameEntry(read[1], MakeEntry(3, 1, 50)));
    EXPECT_TRUE(SameEntry(read[2], MakeEntry(4, 2, 60)));
    Add(*wal, 2, 70);
  }
  Open();
  std::vector<raft::Entry> expected = Made(1, 3, 1, 50);
  for (const raft::Entry& entry : Made(4, 5, 2, 60)) expected.push_back(entry);
  expected.push_back(MakeEntry(6, 2, 70));
  EXPECT_TRUE(SameEntries(recovered_.entries, expected));
}

TEST_F(WalTest, ReadStopsAtTheByteBudgetButGivesOneEntry) {
  auto wal = Create();
  ASSERT_TRUE(wal->Append(Made(1, 4, 1, 100), std::nullopt).ok());
  ASSERT_TRUE(wal->Append(Made(5, 8, 1, 100), std::nullopt).ok());
  EXPECT_EQ(wal->Read(1, 9, 10)->size(), 1u);
  EXPECT_EQ(wal->Read(1, 9, 600)->size(), 6u);
  EXPECT_TRUE(SameEntries(*wal->Read(3, 7, SIZE_MAX), Made(3, 6, 1, 100)));
  EXPECT_EQ(wal->Read(1, 10, 10).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(wal->Read(0, 2, 10).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(WalTest, HardStateAloneIsARecord) {
  {
    auto wal = Create();
    Add(*wal, 1, 10);
    ASSERT_TRUE(wal->Append({}, raft::HardState{.term = 4, .vote = 1, .commit = 1}).ok());
    ASSERT_TRUE(wal->Append({}, std::nullopt).ok());
    ASSERT_TRUE(wal->Sync().ok());
  }
  Open();
  EXPECT_EQ(recovered_.hard_state, (raft::HardState{.term = 4, .vote = 1, .commit = 1}));
}

TEST_F(WalTest, HardStateOutlivesTheSegmentItWasWrittenIn) {
  const raft::HardState hard_state = {.term = 1, .vote = 5, .commit = 1};
  {
    auto wal = Create();
    ASSERT_TRUE(wal->Append({}, hard_state).ok());
    for (int i = 0; i < 100; ++i) Add(*wal, 1, 3000);
    wal->Purge(90);
  }
  Open(90);
  EXPECT_EQ(recovered_.hard_state, hard_state);
}

TEST_F(WalTest, PurgeDropsWholeSegmentsBelowTheIndex) {
  auto wal = Create();
  for (int i = 0; i < 100; ++i) Add(*wal, 1 + i / 50, 3000);
  const size_t segments_before = SegmentPaths().size();
  wal->Purge(60);
  EXPECT_LT(SegmentPaths().size(), segments_before);
  const raft::Index first = wal->first_index();
  EXPECT_GT(first, 40u);
  EXPECT_LE(first, 60u);
  EXPECT_EQ(wal->TermOf(first - 1).ok(), true) << "the entry before the first is known";
  EXPECT_EQ(wal->TermOf(first - 2).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(wal->Read(first - 1, first, 10).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(SameEntry(wal->Read(60, 61, 10)->front(), MakeEntry(60, 2, 3000)));
  wal = Open(70);
  EXPECT_EQ(wal->first_index(), first);
  EXPECT_EQ(recovered_.entries.size(), 30u);
  EXPECT_EQ(*wal->TermOf(first - 1), 1 + (first - 2) / 50);
  wal->Purge(1000);
  EXPECT_EQ(SegmentPaths().size(), 1u) << "the current segment stays";
}

TEST_F(WalTest, ALogThatBeginsBehindTheStoreIsRefused) {
  {
    auto wal = Create();
    for (int i = 0; i < 100; ++i) Add(*wal, 1, 3000);
    wal->Purge(60);
  }
  const absl::Status status = Wal::Open(options_, 20, &recovered_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(base::MessageOf(status).find("the log begins with entry"), std::string::npos) << status;
}

TEST_F(WalTest, ALogThatEndsBeforeTheStoreIsRefused) {
  {
    auto wal = Create();
    for (int i = 0; i < 3; ++i) Add(*wal, 1, 10);
  }
  const absl::Status status = Wal::Open(options_, 4, &recovered_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(base::MessageOf(status).find("the log ends with entry 3 but the store holds 4"), std::string::npos);
}

TEST_F(WalTest, ResetBeginsAnewAfterASnapshot) {
  {
    auto wal = Create();
    for (int i = 0; i < 3; ++i) Add(*wal, 1, 10);
    ASSERT_TRUE(wal->Reset(500, 7, {.term = 7, .vote = 0, .commit = 500}).ok());
    EXPECT_EQ(wal->first_index(), 501u);
    EXPECT_EQ(wal->last_index(), 500u);
    EXPECT_EQ(*wal->TermOf(500), 7u);
    Add(*wal, 7, 20);
  }
  auto wal = Open(500);
  EXPECT_EQ(wal->first_index(), 501u);
  EXPECT_TRUE(SameEntries(recovered_.entries, {MakeEntry(501, 7, 20)}));
  EXPECT_EQ(recovered_.hard_state.commit, 500u);
}

TEST_F(WalTest, OneWriteAndOneSyncForARecord) {
  auto wal = Create();
  Add(*wal, 1, 10);
  const uint64_t syncs = files_.sync_count();
  int writes = 0;
  files_.SetFault([&](base::SimulatedFileSystem::Operation operation, const std::string& path) {
    writes += operation == base::SimulatedFileSystem::Operation::kWrite ? 1 : 0;
    return absl::OkStatus();
  });
  ASSERT_TRUE(wal->Append(Made(2, 20, 1, 1000), raft::HardState{.term = 1, .vote = 1, .commit = 1}).ok());
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(files_.sync_count(), syncs);
  ASSERT_TRUE(wal->Sync().ok());
  EXPECT_EQ(files_.sync_count(), syncs + 1);
  ASSERT_TRUE(wal->Sync().ok());
  EXPECT_EQ(files_.sync_count(), syncs + 1) << "nothing to sync";
  EXPECT_EQ(wal->statistics().sync_latency.bucket(0), 2u);
}

TEST_F(WalTest, ManyBytesAtOnceTakeSeveralRecordsAndOneSync) {
  const std::vector<raft::Entry> entries = Made(1, 7, 3, 400 << 10);
  const raft::HardState hard_state = {.term = 3, .vote = 9, .commit = 7};
  options_.segment_bytes = 8 << 20;
  {
    auto wal = Create();
    const uint64_t syncs = files_.sync_count();
    ASSERT_TRUE(wal->Append(entries, hard_state).ok());
    ASSERT_TRUE(wal->Sync().ok());
    EXPECT_EQ(files_.sync_count(), syncs + 1);
  }
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, entries));
  EXPECT_EQ(recovered_.hard_state, hard_state);
}

TEST_F(WalTest, WhatARefusalLeavesOfManyBytesIsABeginningThatCommitsNothing) {
  const std::vector<raft::Entry> entries = Made(1, 7, 3, 400 << 10);
  options_.segment_bytes = 8 << 20;
  {
    auto wal = Create();
    int writes = 0;
    files_.SetFault([&](base::SimulatedFileSystem::Operation operation, const std::string&) {
      if (operation != base::SimulatedFileSystem::Operation::kWrite || ++writes < 3) return absl::OkStatus();
      return base::MakeStatus(absl::StatusCode::kResourceExhausted, "no space left on device");
    });
    EXPECT_TRUE(base::IsDiskRefusal(wal->Append(entries, raft::HardState{.term = 3, .vote = 9, .commit = 7})));
    files_.SetFault(nullptr);
    EXPECT_EQ(wal->last_index(), 4u);
    ASSERT_TRUE(wal->Append({}, std::nullopt).ok());
    ASSERT_TRUE(wal->Sync().ok());
  }
  {
    auto wal = Open();
    ASSERT_EQ(recovered_.entries.size(), 4u);
    EXPECT_TRUE(SameEntry(recovered_.entries.back(), entries[3]));
    EXPECT_EQ(recovered_.hard_state, (raft::HardState{.term = 3, .vote = 9, .commit = 0}));
    ASSERT_TRUE(wal->Append(entries, raft::HardState{.term = 3, .vote = 9, .commit = 7}).ok());
    ASSERT_TRUE(wal->Sync().ok());
  }
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, entries));
  EXPECT_EQ(recovered_.hard_state.commit, 7u);
}

TEST_F(WalTest, WithoutSyncNoFileIsSynced) {
  options_.sync = false;
  files_.SetFault([](base::SimulatedFileSystem::Operation operation, const std::string& path) {
    EXPECT_NE(operation, base::SimulatedFileSystem::Operation::kSync) << path;
    return absl::OkStatus();
  });
  {
    auto wal = Create();
    for (int i = 0; i < 50; ++i) Add(*wal, 1, 3000);
  }
  EXPECT_GT(SegmentPaths().size(), 2u);
  Open();
  EXPECT_EQ(recovered_.entries.size(), 50u);
}

TEST_F(WalTest, OnlyALogWithoutEntriesIsRemoved) {
  options_.expected_identity = kIdentity;
  Create();
  absl::StatusOr<bool> removed = Wal::RemoveUnused(options_);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_TRUE(*removed);
  EXPECT_FALSE(Wal::Exists(files_, kDirectory));
  {
    auto wal = Create();
    Add(*wal, 1, 10);
  }
  removed = Wal::RemoveUnused(options_);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_FALSE(*removed);
  Open();
  EXPECT_EQ(recovered_.entries.size(), 1u);
  options_.expected_identity->member_id += 1;
  EXPECT_EQ(Wal::RemoveUnused(options_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(WalTest, FilesOfOtherKindsAreLeftAlone) {
  {
    auto wal = Create();
    Add(*wal, 1, 10);
  }
  auto contents = files_.Contents();
  contents[kDirectory + "/README"] = "notes";
  contents[kDirectory + "/0000000000000001.wal"] = "not ours";
  files_.Restore(contents);
  Open();
  EXPECT_EQ(recovered_.entries.size(), 1u);
  EXPECT_EQ(files_.Contents()[kDirectory + "/README"], "notes");
}

}  // namespace
}  // namespace quorate::wal
