// Full disks are told and survived; other failures end the log's life.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "tests/base/files_testing.h"
#include "tests/wal/wal_testing.h"

namespace quorate::wal {
namespace {

using Operation = base::SimulatedFileSystem::Operation;

class DiskTroubleTest : public WalTest {
 protected:
  void FailOnce(Operation operation, absl::StatusCode code) {
    files_.SetFault([=, done = false](Operation asked, const std::string& path) mutable {
      if (asked != operation || std::exchange(done, done || asked == operation)) return absl::OkStatus();
      return base::MakeStatus(code, "injected on " + path);
    });
  }
};

TEST_F(DiskTroubleTest, AFullDiskRefusesAppendsUntilThereIsRoomAgain) {
  auto wal = Create();
  files_.SetCapacity(2 * options_.segment_bytes + options_.segment_bytes / 2);
  std::vector<raft::Entry> written;
  absl::Status status;
  for (;;) {
    const raft::Entry entry = MakeEntry(wal->last_index() + 1, 1, 3000);
    status = wal->Append({entry}, std::nullopt);
    if (!status.ok()) break;
    ASSERT_TRUE(wal->Sync().ok());
    written.push_back(entry);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(base::MessageOf(status).find("No space left on device"), std::string::npos) << status;
  EXPECT_EQ(SegmentPaths().size(), 2u);
  EXPECT_EQ(files_.Contents().size(), 2u) << "an unfinished segment takes the room others need";
  EXPECT_EQ(wal->last_index(), written.size());
  EXPECT_TRUE(SameEntries(*wal->Read(1, written.size() + 1, SIZE_MAX), written)) << "reads go on";
  EXPECT_EQ(wal->Append({MakeEntry(written.size() + 1, 1, 3000)}, std::nullopt).code(),
            absl::StatusCode::kResourceExhausted);

  files_.SetCapacity(UINT64_MAX);
  Add(*wal, 2, 3000);
  written.push_back(MakeEntry(written.size() + 1, 2, 3000));
  wal.reset();
  files_.Crash();
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, written));
}

TEST_F(DiskTroubleTest, PurgeMakesTheRoomThatIsLacking) {
  auto wal = Create();
  files_.SetCapacity(3 * options_.segment_bytes);
  while (wal->Append({MakeEntry(wal->last_index() + 1, 1, 3000)}, std::nullopt).ok()) {
  }
  ASSERT_TRUE(wal->Sync().ok());
  wal->Purge(wal->last_index());
  Add(*wal, 1, 3000);
}

TEST_F(DiskTroubleTest, ARefusedWriteLeavesNothingThatACrashCouldBringBack) {
  for (int i = 0; i < 40; ++i) {
    files_.Restore({});
    auto wal = Create();
    Add(*wal, 1, 100);
    FailOnce(Operation::kWrite, absl::StatusCode::kResourceExhausted);
    ASSERT_EQ(wal->Append({MakeEntry(2, 1, 100 * i)}, std::nullopt).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(wal->last_index(), 1u);
    if (i % 2 == 0) Add(*wal, 2, 10);
    i % 3 == 0 ? files_.Kill() : files_.Crash();
    Open();
    EXPECT_EQ(recovered_.entries.size(), i % 2 == 0 ? 2u : 1u);
    EXPECT_EQ(recovered_.entries.back().term, i % 2 == 0 ? 2u : 1u);
  }
}

TEST_F(DiskTroubleTest, AFailedSyncIsFinal) {
  auto wal = Create();
  Add(*wal, 1, 100);
  ASSERT_TRUE(wal->Append({MakeEntry(2, 1, 100)}, std::nullopt).ok());
  FailOnce(Operation::kSync, absl::StatusCode::kInternal);
  const absl::Status status = wal->Sync();
  EXPECT_NE(base::MessageOf(status).find("injected on " + SegmentPaths()[0]), std::string::npos) << status;
  EXPECT_EQ(wal->Sync(), status) << "what the disk holds is not known: a second sync that succeeds means nothing";
  EXPECT_EQ(wal->Append({MakeEntry(3, 1, 100)}, std::nullopt), status);
  EXPECT_TRUE(wal->Read(1, 2, 10).ok());
}

TEST_F(DiskTroubleTest, AFailedWriteIsFinal) {
  auto wal = Create();
  FailOnce(Operation::kWrite, absl::StatusCode::kInternal);
  const absl::Status status = wal->Append({MakeEntry(1, 1, 100)}, std::nullopt);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(wal->Sync(), status);
}

TEST_F(DiskTroubleTest, AFailureToReadAtStartIsToldAsItIs) {
  {
    auto wal = Create();
    Add(*wal, 1, 100);
  }
  FailOnce(Operation::kRead, absl::StatusCode::kInternal);
  EXPECT_EQ(Wal::Open(options_, 0, &recovered_).status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(Wal::Open(options_, 0, &recovered_).ok());
}

TEST_F(DiskTroubleTest, WhatAStartCouldNotSyncTheNextDoesNotTakeForSynced) {
  for (int i = 0; i < 40; ++i) {
    files_.Restore({});
    auto wal = Create();
    Add(*wal, 1, 100);
    ASSERT_TRUE(wal->Append({MakeEntry(2, 1, 100)}, std::nullopt).ok());
    files_.Kill();
    FailOnce(Operation::kSync, absl::StatusCode::kInternal);
    ASSERT_FALSE(Wal::Open(options_, 0, &recovered_).ok());
    files_.SetFault(nullptr);
    // Now the page cache is all that is sure to have it.
    i % 2 == 0 ? files_.Kill() : files_.Crash();
    wal = Open();
    ASSERT_NE(wal, nullptr);
    const raft::Index last = wal->last_index();
    EXPECT_TRUE(last == 2 || i % 2 != 0) << last;
    files_.Crash();
    wal = Open();
    ASSERT_NE(wal, nullptr);
    EXPECT_EQ(wal->last_index(), last) << "an entry that others may rely on is gone";
  }
}

TEST_F(DiskTroubleTest, ASealThatCouldNotBeSyncedIsWrittenAgainByTheNextStart) {
  for (int i = 0; i < 20; ++i) {
    files_.Restore({});
    auto wal = Create();
    files_.SetFault([rolls = false](Operation operation, const std::string& path) mutable {
      rolls |= operation == Operation::kSyncDirectory;
      if (!rolls || operation != Operation::kSync) return absl::OkStatus();
      return base::MakeStatus(absl::StatusCode::kInternal, "injected on " + path);
    });
    while (wal->Append({MakeEntry(wal->last_index() + 1, 1, 3000)}, std::nullopt).ok()) ASSERT_TRUE(wal->Sync().ok());
    files_.SetFault(nullptr);
    files_.Kill();
    wal = Open();
    ASSERT_NE(wal, nullptr);
    ASSERT_EQ(SegmentPaths().size(), 2u);
    files_.Crash();
    auto contents = files_.Contents();
    contents.erase(SegmentPaths().back());
    files_.Restore(contents);
    EXPECT_EQ(Wal::Open(options_, 0, &recovered_).status().code(), absl::StatusCode::kDataLoss)
        << "a missing segment is not noticed";
  }
}

TEST_F(DiskTroubleTest, APurgeThatCannotRemoveAFileLeavesNoGap) {
  auto wal = Create();
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  FailOnce(Operation::kRemove, absl::StatusCode::kInternal);
  wal->Purge(50);
  wal.reset();
  files_.SetFault(nullptr);
  wal = Open(50);
  EXPECT_EQ(wal->first_index(), 1u);
  wal->Purge(50);
  EXPECT_GT(wal->first_index(), 40u);
  wal = Open(50);
  EXPECT_EQ(recovered_.entries.size(), 10u);
}

class SpareSegmentsTest : public DiskTroubleTest {
 protected:
  SpareSegmentsTest() { options_.spare_segments = 2; }
  // Waits for what another thread does.
  static bool Becomes(const std::function<bool()>& condition) {
    for (const auto begun = std::chrono::steady_clock::now();
         std::chrono::steady_clock::now() - begun < std::chrono::seconds(20);) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  size_t SparesOnDisk() {
    size_t spares = 0;
    for (const auto& [path, bytes] : files_.Contents()) spares += path.ends_with(".tmp") ? 1 : 0;
    return spares;
  }
};

TEST_F(SpareSegmentsTest, PurgedSegmentsAreUsedAgainAndTheirBytesNeverMistaken) {
  raft::Index last = 0;
  for (int round = 0; round < 8; ++round) {
    auto wal = round == 0 ? Create() : Open(last);
    for (int i = 0; i < 40; ++i) Add(*wal, 1, 3000);
    wal->Purge(wal->last_index());
    last = wal->last_index();
  }
  auto wal = Open(last - 1);
  EXPECT_TRUE(SameEntries(recovered_.entries, {MakeEntry(last, 1, 3000)}));
}

TEST_F(SpareSegmentsTest, OfWhatIsPurgedAtOnceSomeIsKeptForTheSegmentsToCome) {
  auto wal = Create();
  for (int i = 0; i < 400; ++i) Add(*wal, 1, 3000);
  ASSERT_GT(SegmentPaths().size(), 8u);
  wal->Purge(wal->last_index());
  const auto settled = [this] { return SegmentPaths().size() == 1 && SparesOnDisk() == 4; };
  for (const auto begun = std::chrono::steady_clock::now();
       !settled() && std::chrono::steady_clock::now() - begun < std::chrono::seconds(20);) {
    std::this_thread::yield();
  }
  EXPECT_EQ(SegmentPaths().size(), 1u);
  EXPECT_EQ(SparesOnDisk(), 4u);
}

TEST_F(SpareSegmentsTest, SparesLeftBehindAreAdoptedAndUnfinishedOnesRemoved) {
  { auto wal = Create(); }
  auto contents = files_.Contents();
  std::erase_if(contents, [](const auto& item) { return item.first.ends_with(".tmp"); });
  contents[kDirectory + "/spare-7.tmp"] = std::string(options_.segment_bytes, '\0');
  contents[kDirectory + "/spare-8.tmp"] = std::string(options_.segment_bytes / 2, '\0');
  files_.Restore(contents);
  options_.spare_segments = 1;
  auto wal = Open();
  EXPECT_TRUE(files_.Contents().contains(kDirectory + "/spare-7.tmp"));
  EXPECT_FALSE(files_.Contents().contains(kDirectory + "/spare-8.tmp"));
  while (SegmentPaths().size() == 1) Add(*wal, 1, 3000);
  EXPECT_FALSE(files_.Contents().contains(kDirectory + "/spare-7.tmp")) << "the next segment is made of it";
}

TEST_F(SpareSegmentsTest, WhereNoneAreWantedThoseLeftBehindAreRemoved) {
  options_.spare_segments = 0;
  { auto wal = Create(); }
  auto contents = files_.Contents();
  contents[kDirectory + "/spare-7.tmp"] = std::string(options_.segment_bytes, '\0');
  files_.Restore(contents);
  auto wal = Open();
  EXPECT_EQ(SparesOnDisk(), 0u);
}

TEST_F(SpareSegmentsTest, DamageToASpareMeansNothing) {
  options_.spare_segments = 1;
  options_.end_note = kDirectory + "/log-end";
  for (int records = 0; records < 5; ++records) {
    files_.Restore({});
    { auto wal = Create(); }
    auto contents = files_.Contents();
    std::erase_if(contents, [](const auto& item) { return item.first.ends_with(".tmp"); });
    contents[kDirectory + "/spare-7.tmp"] = std::string(options_.segment_bytes, '\x7f');
    files_.Restore(contents);
    auto wal = Open();
    while (SegmentPaths().size() == 1) Add(*wal, 1, 3000);
    for (int i = 0; i < records; ++i) Add(*wal, 1, 600 * static_cast<size_t>(i));
    const raft::Index last = wal->last_index();
    wal.reset();
    wal = Open();
    ASSERT_NE(wal, nullptr) << records << " records in what was a spare";
    EXPECT_EQ(wal->last_index(), last);
  }
}

TEST_F(SpareSegmentsTest, ANewLogDoesNotTakeOverTheSparesOfAnother) {
  files_.Restore({{kDirectory + "/spare-7.tmp", std::string(options_.segment_bytes, 'x')}});
  options_.spare_segments = 0;
  auto wal = Create();
  EXPECT_EQ(SparesOnDisk(), 0u);
}

TEST_F(SpareSegmentsTest, ThoseThatCouldNotBeMadeAreMadeWhenOneIsNeeded) {
  // The first that is made beside the log's own thread, which makes some itself while there are none.
  files_.SetFault([refused = false, log = std::this_thread::get_id()](Operation operation,
                                                                      const std::string& path) mutable {
    const bool beside = operation == Operation::kOpen && path.ends_with(".tmp") && std::this_thread::get_id() != log;
    if (!beside || std::exchange(refused, true)) return absl::OkStatus();
    return base::MakeStatus(absl::StatusCode::kInternal, "injected on " + path);
  });
  auto wal = Create();
  EXPECT_TRUE(Becomes([&] {
    Add(*wal, 1, 3000);
    return SparesOnDisk() > 0;
  }));
}

TEST_F(SpareSegmentsTest, OneThatIsKeptIsUsedThoughItCannotBeOpenedAgain) {
  auto wal = Create();
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  files_.SetFault([](Operation operation, const std::string& path) {
    if (operation != Operation::kOpen || !path.ends_with(".tmp")) return absl::OkStatus();
    return base::MakeStatus(absl::StatusCode::kInternal, "injected on " + path);
  });
  wal->Purge(wal->last_index());
  ASSERT_TRUE(Becomes([&] { return SegmentPaths().size() == 1; }));
  ASSERT_GT(SparesOnDisk(), 0u);
  EXPECT_TRUE(Becomes([&] {
    (void)wal->Append({MakeEntry(wal->last_index() + 1, 1, 3000)}, std::nullopt);
    return SparesOnDisk() == 0;
  }));
}

TEST_F(SpareSegmentsTest, ADiskTooFullForThemIsNoReasonToDistrustIt) {
  std::atomic<bool> refused = false;
  files_.SetFault([&refused, log = std::this_thread::get_id()](Operation operation, const std::string& path) {
    if (operation != Operation::kSync || std::this_thread::get_id() == log) return absl::OkStatus();
    refused = true;
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, "injected on " + path);
  });
  auto wal = Create();
  ASSERT_TRUE(Becomes([&] { return refused.load(); }));
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  EXPECT_GT(SegmentPaths().size(), 1u);
}

TEST_F(DiskTroubleTest, ASegmentIsWrittenThoughThereIsNoDescriptorToOpenItAgain) {
  auto wal = Create();
  files_.SetFault([](Operation operation, const std::string& path) {
    if (operation != Operation::kOpen || !path.ends_with(".wal")) return absl::OkStatus();
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, "injected on " + path);
  });
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  EXPECT_GT(SegmentPaths().size(), 1u);
  wal.reset();
  files_.SetFault(nullptr);
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, Made(1, 60, 1, 3000)));
}

TEST_F(SpareSegmentsTest, APurgedSegmentWaitsForADescriptorAndTheLogDoesNot) {
  std::atomic<bool> refused = false;
  auto wal = Create();
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  files_.SetFault([&refused](Operation operation, const std::string& path) {
    if (operation != Operation::kOpenDirectory) return absl::OkStatus();
    refused = true;
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, "injected on " + path);
  });
  wal->Purge(wal->last_index());
  ASSERT_TRUE(Becomes([&] { return refused.load(); }));
  const size_t segments = SegmentPaths().size();
  for (int i = 0; i < 60; ++i) Add(*wal, 1, 3000);
  EXPECT_GT(SegmentPaths().size(), segments);
  files_.SetFault(nullptr);
  wal->Purge(wal->last_index());
  EXPECT_TRUE(Becomes([&] { return SegmentPaths().size() == 1; }));
}

class RealDiskTest : public WalTest {
 protected:
  RealDiskTest() {
    options_.files = &base::PosixFileSystem();
    options_.directory = temporary_.path() + "/wal";
  }

  base::TemporaryDirectory temporary_;
};

TEST_F(RealDiskTest, WithoutDescriptorsTheLogGoesOnIntoTheSpareThereIs) {
  Create();
  base::WriteFile(options_.directory + "/spare-7.tmp", std::string(options_.segment_bytes, '\0'));
  options_.spare_segments = 1;
  auto wal = Open();
  const auto append = [&] { return wal->Append({MakeEntry(wal->last_index() + 1, 1, 3000)}, std::nullopt); };
  absl::Status status;
  {
    const base::NoDescriptors none;
    while ((status = append()).ok()) ASSERT_TRUE(wal->Sync().ok());
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_GT(wal->last_index() * 3000, options_.segment_bytes) << "the spare was not used";
  Add(*wal, 1, 3000);
  const raft::Index last = wal->last_index();
  wal.reset();
  Open();
  EXPECT_TRUE(SameEntries(recovered_.entries, Made(1, last, 1, 3000)));
}

TEST_F(RealDiskTest, ALogIsOpenInOneProcessOnly) {
  auto wal = Wal::Create(options_, kIdentity);
  ASSERT_TRUE(wal.ok()) << wal.status();
  const absl::Status second = Wal::Open(options_, 0, &recovered_).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(base::MessageOf(second).find(options_.directory), std::string::npos) << second;
  wal->reset();
  EXPECT_TRUE(Wal::Open(options_, 0, &recovered_).ok());
}

TEST_F(SpareSegmentsTest, ARecordLargerThanASegmentGetsOneOfItsOwn) {
  auto wal = Create();
  Add(*wal, 1, 100);
  Add(*wal, 1, 5 * options_.segment_bytes);
  Add(*wal, 1, 100);
  wal.reset();
  wal = Open();
  ASSERT_EQ(recovered_.entries.size(), 3u);
  EXPECT_TRUE(SameEntry(recovered_.entries[1], MakeEntry(2, 1, 5 * options_.segment_bytes)));
  wal->Purge(4);
  Add(*wal, 1, 100);
}

}  // namespace
}  // namespace quorate::wal
