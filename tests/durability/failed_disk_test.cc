// What is done cannot be known any more: the member says so and ends, and the next one finds every acknowledged write.

#include <cerrno>
#include <sstream>
#include <string>
#include <utility>

#include "tests/durability/troubled_disk_test.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::seconds kGoneWithin(3);

std::string Error(int error) { return " error " + std::to_string(error) + "\n"; }

class FailedDisk : public TroubledDisk {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_NO_FATAL_FAILURE(Fill(20, 1000));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(Put("key/" + std::to_string(i)), 0);
  }
  // The process ends by itself, and its last words name a file.
  void ExpectEnd(const std::string& file) {
    const std::optional<int> code = server_.WaitForExit(kGoneWithin);
    ASSERT_TRUE(code.has_value()) << "still running: " << server_.LogTail();
    EXPECT_EQ(*code, 1) << server_.LogTail();
    const std::string log = server_.Log();
    const size_t line = log.find("the member cannot go on");
    ASSERT_NE(line, std::string::npos) << server_.LogTail();
    EXPECT_NE(log.find(file, line), std::string::npos) << log.substr(line);
    EXPECT_NE(log.find("check the disk", line), std::string::npos) << log.substr(line);
  }
  int CallsOn(const std::string& call, const std::string& file) const {
    std::istringstream calls(FailedCalls());
    int count = 0;
    for (std::string name, path; calls >> name >> path;) count += name == call && path.find(file) != std::string::npos;
    return count;
  }
};

TEST_F(FailedDisk, AFailedSyncOfTheLogIsFatalAndNotTriedAgain) {
  Faults("sync .wal" + Error(EIO));
  EXPECT_NE(Put("not acknowledged"), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".wal"));
  EXPECT_EQ(CallsOn("fdatasync", ".wal"), 1) << FailedCalls();
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(FailedDisk, ASyncThatFailsForLackOfSpaceIsFatalToo) {
  Faults("sync .wal" + Error(ENOSPC));
  EXPECT_NE(Put("not acknowledged"), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".wal"));
  EXPECT_EQ(CallsOn("fdatasync", ".wal"), 1) << FailedCalls();
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(FailedDisk, AFailedWriteToTheLogIsFatal) {
  Faults("write .wal" + Error(EIO));
  EXPECT_NE(Put("not acknowledged"), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".wal"));
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(FailedDisk, UnderLoadNothingAcknowledgedIsLostToAFailedSync) {
  const int64_t before = CurrentRevision(server_.address());
  RecordingWriters writers({.address = server_.address(), .prefix = "w/", .connections = 20});
  ASSERT_TRUE(writers.WaitForAcknowledged(300));
  Faults("sync .wal" + Error(EIO));
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".wal"));
  writers.Stop();
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
  EXPECT_EQ(CheckAcknowledged(server_.address(), "w/", writers.TakeWrites()), "");
  EXPECT_GT(CurrentRevision(server_.address()), before);
}

TEST_F(FailedDisk, ATableThatCannotBeWrittenIsFatal) {
  Faults("write .sst" + Error(EIO));
  EXPECT_NE(Defragment(), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".sst"));
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(FailedDisk, ATableThatCannotBeSyncedIsFatal) {
  Faults("sync .sst" + Error(EIO));
  EXPECT_NE(Defragment(), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd(".sst"));
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(FailedDisk, AManifestThatCannotBeSyncedIsFatal) {
  Faults("sync MANIFEST" + Error(EIO));
  EXPECT_NE(Defragment(), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectEnd("MANIFEST"));
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

// A call, and a file that a first start makes with it.
class FirstStart : public TroubledDisk, public ::testing::WithParamInterface<std::pair<std::string, std::string>> {};

TEST_P(FirstStart, ThatFailsSaysWhereAndCanBeRepeated) {
  Faults(GetParam().first + " " + GetParam().second + Error(EIO));
  const absl::Status started = server_.Start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(base::MessageOf(started).find("ended with 1:"), std::string::npos) << started;
  EXPECT_NE(server_.Log().find(directory_.path() + "/data/"), std::string::npos) << server_.LogTail();
  EXPECT_NE(server_.Log().find("Input/output error"), std::string::npos) << server_.LogTail();
  Faults("");
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Put("key"), 0);
}

// RocksDB writes CURRENT under another name.
INSTANTIATE_TEST_SUITE_P(AtEachFile, FirstStart,
                         ::testing::Values(std::pair("name", "member"), std::pair("name", "wal"),
                                           std::pair("open", "lock"), std::pair("open", "LOCK"),
                                           std::pair("write", "identity"), std::pair("sync", "identity"),
                                           std::pair("write", "MANIFEST"), std::pair("sync", "MANIFEST"),
                                           std::pair("write", ".dbtmp"), std::pair("sync", ".dbtmp"),
                                           std::pair("write", ".sst"), std::pair("sync", ".sst"),
                                           std::pair("write", "spare-"), std::pair("sync", "spare-"),
                                           std::pair("write", ".wal"), std::pair("sync", ".wal")));

}  // namespace
}  // namespace quorate::testing
