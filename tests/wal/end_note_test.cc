// A log that was put back to an earlier state, or exchanged for another, is refused by the note of where it ended.

#include <gmock/gmock.h>

#include "tests/wal/wal_testing.h"

namespace quorate::wal {
namespace {

using Contents = std::map<std::string, std::string>;

const std::string kNote = "disk/log-end";

class EndNoteTest : public WalTest {
 protected:
  EndNoteTest() { options_.end_note = kNote; }

  void Write(Wal& wal, int entries) {
    for (int i = 0; i < entries; ++i) Add(wal, 1, 900);
  }
  absl::Status TryOpen(const Contents& contents, raft::Index applied = 0) {
    files_.Restore(contents);
    return Wal::Open(options_, applied, &recovered_).status();
  }
  void ExpectRefused(const Contents& contents, const std::string& path) {
    const absl::Status status = TryOpen(contents);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(base::MessageOf(status)), testing::HasSubstr(path)) << status;
    EXPECT_THAT(std::string(base::MessageOf(status)), testing::HasSubstr(kNote)) << status;
  }
};

TEST_F(EndNoteTest, AnOlderCopyOfTheOnlySegmentIsRefused) {
  auto wal = Create();
  Write(*wal, 3);
  const std::string path = SegmentPaths().front();
  const std::string older = files_.Contents()[path];
  Write(*wal, 1);
  wal.reset();
  Contents contents = files_.Contents();
  EXPECT_TRUE(TryOpen(contents).ok());
  EXPECT_EQ(recovered_.entries.size(), 4u);
  contents[path] = older;
  ExpectRefused(contents, path);
}

TEST_F(EndNoteTest, TheSegmentOfAnotherLogOfTheSameMemberIsRefused) {
  auto wal = Create();
  Write(*wal, 5);
  const Contents other = files_.Contents();
  wal.reset();
  files_.Restore({});
  wal = Create();
  Write(*wal, 4);
  wal.reset();
  Contents contents = files_.Contents();
  const std::string path = SegmentPaths().front();
  contents[path] = other.at(path);
  // Entries may even be equal: what makes the difference is the salt in every sector.
  ExpectRefused(contents, path);
}

TEST_F(EndNoteTest, ALogWithoutItsLastSegmentsIsRefusedThoughNothingSealsIt) {
  auto wal = Create();
  Write(*wal, 3);
  const Contents early = files_.Contents();
  Write(*wal, 60);
  wal.reset();
  ASSERT_GT(SegmentPaths().size(), 1u);
  Contents contents = early;
  contents[kNote] = files_.Contents()[kNote];
  ExpectRefused(contents, SegmentPaths().front());
}

TEST_F(EndNoteTest, ANoteThatIsOldMissingOrDamagedSaysNothing) {
  auto wal = Create();
  Write(*wal, 3);
  const std::string old = files_.Contents()[kNote];
  Write(*wal, 60);
  wal->Purge(50);
  wal.reset();
  const Contents contents = files_.Contents();
  for (const std::string& note : {old, std::string(), std::string("rubbish"), old.substr(0, 30)}) {
    Contents changed = contents;
    changed[kNote] = note;
    EXPECT_TRUE(TryOpen(changed, 60).ok()) << note.size();
  }
  Contents without = contents;
  without.erase(kNote);
  EXPECT_TRUE(TryOpen(without, 60).ok());
}

TEST_F(EndNoteTest, WhatItSaysWasSyncedIsNotWrittenAgain) {
  auto wal = Create();
  Write(*wal, 3);
  wal.reset();
  const std::string path = SegmentPaths().front();
  int writes = 0;
  files_.SetFault([&](base::SimulatedFileSystem::Operation operation, const std::string& written) {
    if (operation == base::SimulatedFileSystem::Operation::kWrite && written == path) ++writes;
    return absl::OkStatus();
  });
  wal = Open();
  EXPECT_EQ(writes, 1) << "the mark";
  ASSERT_TRUE(wal->Append({MakeEntry(4, 1, 900)}, std::nullopt).ok());
  wal.reset();
  writes = 0;
  wal = Open();
  EXPECT_EQ(writes, 2) << "the mark, and a record that nobody synced";
  EXPECT_EQ(recovered_.entries.size(), 4u);
}

// Whatever power failures leave of the two, the note is never ahead.
TEST_F(EndNoteTest, AfterACrashTheLogIsNeverRefused) {
  for (uint64_t seed = 1; seed < 60; ++seed) {
    base::SimulatedFileSystem files(seed);
    options_.files = &files;
    std::mt19937_64 random(seed);
    auto created = Wal::Create(options_, kIdentity);
    ASSERT_TRUE(created.ok());
    std::unique_ptr<Wal> wal = *std::move(created);
    for (int life = 0; life < 4; ++life) {
      for (uint64_t writes = random() % 20; writes > 0; --writes) {
        ASSERT_TRUE(wal->Append({MakeEntry(wal->last_index() + 1, 1, random() % 3000)}, std::nullopt).ok());
        if (random() % 4 != 0) {
          ASSERT_TRUE(wal->Sync().ok());
          if (random() % 4 != 0) wal->NoteEnd();
        }
      }
      wal.reset();
      files.Crash();
      auto opened = Wal::Open(options_, 0, &recovered_);
      ASSERT_TRUE(opened.ok()) << seed << ": " << opened.status();
      wal = *std::move(opened);
    }
  }
}

}  // namespace
}  // namespace quorate::wal
