#include "quorate/base/simulated_file_system.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace quorate::base {
namespace {

constexpr uint64_t kSector = SimulatedFileSystem::kSectorBytes;

std::unique_ptr<File> DurableFile(SimulatedFileSystem& files, const std::string& path, const std::string& bytes) {
  auto file = *files.Open(path, OpenMode::kCreate);
  EXPECT_TRUE(file->WriteAt(0, bytes).ok());
  EXPECT_TRUE(file->SyncData().ok());
  EXPECT_TRUE(files.SyncDirectory("d").ok());
  return file;
}

TEST(SimulatedFileSystemTest, WhatWasSyncedSurvivesEveryCrash) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedFileSystem files(seed);
    auto file = DurableFile(files, "d/a", std::string(5 * kSector, 'a'));
    files.Crash();
    EXPECT_EQ(files.Contents(), (std::map<std::string, std::string>{{"d/a", std::string(5 * kSector, 'a')}}));
    EXPECT_FALSE(file->WriteAt(0, "x").ok()) << "the process is gone";
  }
}

TEST(SimulatedFileSystemTest, UnsyncedWritesSurviveSectorBySector) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SimulatedFileSystem files(seed);
    auto file = DurableFile(files, "d/a", std::string(2 * kSector, '0'));
    ASSERT_TRUE(file->WriteAt(0, std::string(2 * kSector, '1')).ok());
    ASSERT_TRUE(file->WriteAt(0, std::string(2 * kSector, '2')).ok());
    files.Crash();
    const std::string bytes = files.Contents()["d/a"];
    for (size_t i = 0; i < bytes.size(); ++i) ASSERT_EQ(bytes[i], bytes[i - i % kSector]) << "a sector is never torn";
    outcomes.insert({bytes[0], bytes[kSector]});
  }
  EXPECT_EQ(outcomes.size(), 9u);
}

TEST(SimulatedFileSystemTest, UnsyncedDirectoryChangesAreLostFromTheEnd) {
  std::set<std::set<std::string>> outcomes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedFileSystem files(seed);
    DurableFile(files, "d/a", "a");
    ASSERT_TRUE(files.Rename("d/a", "d/b").ok());
    ASSERT_TRUE(files.Open("d/c", OpenMode::kCreate).ok());
    files.Crash();
    std::set<std::string> names;
    for (const auto& [path, bytes] : files.Contents()) names.insert(path);
    outcomes.insert(names);
  }
  EXPECT_EQ(outcomes, (std::set<std::set<std::string>>{{"d/a"}, {"d/b"}, {"d/b", "d/c"}}));
}

TEST(SimulatedFileSystemTest, AFullDiskTakesTheSectorsThatFit) {
  SimulatedFileSystem files(1);
  auto file = DurableFile(files, "d/a", std::string(kSector, 'a'));
  files.SetCapacity(3 * kSector + 100);
  EXPECT_EQ(file->WriteAt(kSector, std::string(4 * kSector, 'b')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(*file->Size(), 3 * kSector);
  EXPECT_TRUE(file->WriteAt(0, std::string(3 * kSector, 'c')).ok()) << "what is allocated can be rewritten";
}

TEST(SimulatedFileSystemTest, FaultsAndFlipsReachTheFile) {
  SimulatedFileSystem files(1);
  auto file = DurableFile(files, "d/a", std::string(10, '\0'));
  files.FlipBit("d/a", 3, 7);
  EXPECT_EQ((*file->ReadAt(3, 1))[0], '\x80');
  files.SetFault([](SimulatedFileSystem::Operation operation, const std::string& path) {
    return operation == SimulatedFileSystem::Operation::kSync ? absl::InternalError("sync " + path) : absl::OkStatus();
  });
  EXPECT_EQ(file->SyncData(), absl::InternalError("sync d/a"));
  EXPECT_TRUE(file->WriteAt(0, "x").ok());
}

TEST(SimulatedFileSystemTest, AfterAFailedSyncWhatWasWrittenIsReadAndOnlyACrashTellsWhatIsOnDisk) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SimulatedFileSystem files(seed);
    auto file = DurableFile(files, "d/a", std::string(2 * kSector, '0'));
    ASSERT_TRUE(file->WriteAt(0, std::string(2 * kSector, '1')).ok());
    files.SetFault([](SimulatedFileSystem::Operation, const std::string& path) { return absl::InternalError(path); });
    EXPECT_FALSE(file->SyncData().ok());
    files.SetFault(nullptr);
    EXPECT_EQ(*file->ReadAt(0, 2 * kSector), std::string(2 * kSector, '1'));
    EXPECT_TRUE(file->SyncData().ok()) << "there is nothing left to be done";
    files.Crash();
    const std::string bytes = files.Contents()["d/a"];
    outcomes.insert({bytes[0], bytes[kSector]});
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"00", "01", "10", "11"}));
}

TEST(SimulatedFileSystemTest, AKilledProcessLosesNothingItWrote) {
  SimulatedFileSystem files(1);
  auto file = *files.Open("d/a", OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(0, "unsynced").ok());
  auto directory = *files.OpenDirectory("d");
  files.Kill();
  EXPECT_FALSE(file->SyncData().ok());
  EXPECT_FALSE(directory->Sync().ok());
  EXPECT_EQ(files.Contents()["d/a"], "unsynced");
}

}  // namespace
}  // namespace quorate::base
