#include "quorate/base/file_system.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "quorate/base/clock.h"
#include "quorate/base/disk_refusal.h"
#include "tests/base/files_testing.h"

namespace quorate::base {
namespace {

class FileSystemTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  TemporaryDirectory temporary_;
  const std::string& directory_ = temporary_.path();
  FileSystem& files_ = PosixFileSystem();
};

TEST_F(FileSystemTest, WritesReadBackAtTheirOffsets) {
  auto file = *files_.Open(Path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file->WriteAt(3, "later").ok());
  ASSERT_TRUE(file->WriteAt(0, "one").ok());
  ASSERT_TRUE(file->SyncData().ok());
  EXPECT_EQ(*file->Size(), 8u);
  EXPECT_EQ(*file->ReadAt(0, 100), "onelater");
  EXPECT_EQ(*file->ReadAt(6, 1), "e");
  EXPECT_EQ(*file->ReadAt(100, 10), "");
}

TEST_F(FileSystemTest, CreateRefusesAFileThatIsThere) {
  ASSERT_TRUE(files_.Open(Path("a"), OpenMode::kCreate).ok());
  EXPECT_EQ(files_.Open(Path("a"), OpenMode::kCreate).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(FileSystemTest, ErrorsNamePathAndReason) {
  const absl::Status status = files_.Open(Path("missing"), OpenMode::kReadWrite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "open " + Path("missing") + ": No such file or directory");
}

TEST_F(FileSystemTest, AFullDiskIsToldApart) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto full = *files_.Open("/dev/full", OpenMode::kReadWrite);
  const absl::Status status = full->WriteAt(0, "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(IsWantOfDescriptorsOrMemory(status));
}

TEST_F(FileSystemTest, WantOfDescriptorsIsARefusalAndNoFullDisk) {
  absl::Status status;
  {
    const NoDescriptors none;
    status = files_.Open(Path("a"), OpenMode::kCreate).status();
  }
  EXPECT_TRUE(IsDiskRefusal(status));
  EXPECT_TRUE(IsWantOfDescriptorsOrMemory(status));
  EXPECT_EQ(MessageOf(status), "open " + Path("a") + ": Too many open files");
}

TEST_F(FileSystemTest, ListsNamesInOrderAndSeesRenamesAndRemovals) {
  for (const char* name : {"c", "a", "b"}) ASSERT_TRUE(files_.Open(Path(name), OpenMode::kCreate).ok());
  ASSERT_TRUE(files_.Rename(Path("c"), Path("d")).ok());
  ASSERT_TRUE(files_.Remove(Path("a")).ok());
  ASSERT_TRUE(files_.SyncDirectory(directory_).ok());
  EXPECT_EQ(*files_.List(directory_), (std::vector<std::string>{"b", "d"}));
  EXPECT_FALSE(files_.Exists(Path("a")));
  EXPECT_TRUE(files_.Exists(Path("d")));
  EXPECT_EQ(files_.Remove(Path("a")).code(), absl::StatusCode::kNotFound);
}

TEST_F(FileSystemTest, CreatesMissingParentsClosedToOthers) {
  const std::string deep = Path("x/y/z");
  ASSERT_TRUE(files_.CreateDirectories(deep).ok());
  ASSERT_TRUE(files_.CreateDirectories(deep).ok());
  struct stat status;
  ASSERT_EQ(stat(deep.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_TRUE(files_.Open(Path("file"), OpenMode::kCreate).ok());
  EXPECT_FALSE(files_.CreateDirectories(Path("file/below")).ok());
}

TEST_F(FileSystemTest, KnowsWhichDirectoriesItHasToMake) {
  const std::string a = Path("a");
  EXPECT_EQ(files_.MissingDirectories(a + "/b/c"), (std::vector<std::string>{a, a + "/b", a + "/b/c"}));
  ASSERT_TRUE(files_.CreateDirectoriesDurably(a + "/b").ok());
  ASSERT_TRUE(files_.CreateDirectoriesDurably(a + "/b").ok());
  EXPECT_EQ(files_.MissingDirectories(a + "/b/c"), std::vector<std::string>{a + "/b/c"});
  EXPECT_TRUE(files_.MissingDirectories(a + "/b").empty());
}

TEST_F(FileSystemTest, ALockHasOneHolderWhoIsNamed) {
  auto first = FileLock::Acquire(Path("LOCK"));
  ASSERT_TRUE(first.ok()) << first.status();
  const absl::Status second = FileLock::Acquire(Path("LOCK")).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(MessageOf(second), Path("LOCK") + " is locked by process " + std::to_string(getpid()));
  first->reset();
  EXPECT_TRUE(FileLock::Acquire(Path("LOCK")).ok());
}

TEST_F(FileSystemTest, ALockEndsWithItsProcess) {
  const pid_t child = fork();
  if (child == 0) _exit(FileLock::Acquire(Path("LOCK")).ok() ? 0 : 1);
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_TRUE(FileLock::Acquire(Path("LOCK")).ok());
}

TEST(ParentOfTest, IsWhereThePathLeads) {
  EXPECT_EQ(ParentOf("a/b/c"), "a/b");
  EXPECT_EQ(ParentOf("c"), ".");
  EXPECT_EQ(ParentOf("/c"), "/");
}

TEST(ClockTest, MonotonicTimeDoesNotGoBackAndWallTimeIsOfThisEra) {
  const auto before = SystemClock().Monotonic();
  EXPECT_GE(SystemClock().Monotonic(), before);
  EXPECT_GT(SystemClock().Wall(), std::chrono::hours(24 * 365 * 50));
}

}  // namespace
}  // namespace quorate::base
