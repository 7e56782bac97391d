#include "quorate/utl/utl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "quorate/base/file_system.h"
#include "tests/base/files_testing.h"
#include "tests/utl/snapshot_testing.h"

namespace quorate::utl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Ran {
  int code;
  std::string out;
  std::string err;
};

using Arguments = std::vector<std::string>;

std::vector<std::string> TablesIn(const std::string& store) {
  std::vector<std::string> tables = AllIn(store);
  std::erase_if(tables, [](const std::string& name) { return !name.ends_with(".sst"); });
  return tables;
}

Ran RunTool(const std::vector<std::string>& arguments, bool terminal = false) {
  std::istringstream in;
  std::ostringstream out, err;
  const int code = Run(arguments, {in, out, err, -1, terminal});
  return {code, out.str(), err.str()};
}

class UtlTest : public testing::Test {
 protected:
  UtlTest() {
    SnapshotFile snapshot;
    snapshot.Put({2, 0}, "a", "1", 2, 1);
    snapshot.Put({3, 0}, "b", "2", 3, 1);
    snapshot.Delete({4, 0}, "a");
    snapshot.Write(path_);
  }

  base::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/snapshot.db";
  const std::string data_ = directory_.path() + "/data";
};

TEST_F(UtlTest, StatusInEveryFormat) {
  const Ran simple = RunTool({"snapshot", "status", path_});
  EXPECT_EQ(simple.code, 0) << simple.err;
  EXPECT_THAT(simple.out, testing::MatchesRegex("[0-9a-f]+, 4, 1, [0-9]+ kB, \n"));
  EXPECT_THAT(RunTool({"snapshot", "status", path_, "-w", "json"}).out,
              testing::MatchesRegex(R"(\{"hash":[0-9]+,"revision":4,"totalKey":1,"totalSize":[0-9]+,"version":""\})"
                                    "\n"));
  EXPECT_THAT(RunTool({"snapshot", "status", path_, "--write-out=fields"}).out, HasSubstr("\"Keys\" : 1\n"));
  EXPECT_THAT(RunTool({"snapshot", "status", path_, "-w", "table"}).out, HasSubstr("TOTAL KEYS"));
}

TEST_F(UtlTest, ASnapshotCutInsideOfItsChecksumIsDamaged) {
  const std::string whole = base::ReadFile(path_);
  for (size_t missing = 1; missing < 32; ++missing) {
    WriteBytes(path_, whole.substr(0, whole.size() - missing));
    const Ran status = RunTool({"snapshot", "status", path_});
    EXPECT_EQ(status.code, 1) << missing;
    EXPECT_THAT(status.err, HasSubstr(path_ + ": is cut short"));
  }
  // Without a byte of it, it is what a stopped member has.
  WriteBytes(path_, whole.substr(0, whole.size() - 32));
  EXPECT_EQ(RunTool({"snapshot", "status", path_}).code, 0);
}

TEST_F(UtlTest, FormatsThatThereAreNot) {
  const Ran unknown = RunTool({"snapshot", "status", path_, "-w", "xml"});
  EXPECT_EQ(unknown.code, 4);
  EXPECT_EQ(unknown.err, "Error: unsupported output format\n");
  EXPECT_EQ(RunTool({"hashkv", path_, "-w", "protobuf"}).code, 4);
}

TEST_F(UtlTest, WrongLinesAreRefusedWithEtcdutlsCodes) {
  EXPECT_EQ(RunTool({"snapshot", "status"}).code, 128);
  EXPECT_EQ(RunTool({"snapshot", "restore", "a", "b"}).code, 128);
  EXPECT_EQ(RunTool({"snapshot", "restore", path_, "--bump-revision", "5"}).code, 128);
  EXPECT_EQ(RunTool({"snapshot", "restore", path_, "--mark-compacted"}).err,
            "Error: --mark-compacted required if --revision-bump > 0\n");
  const Ran no_file = RunTool({"hashkv"});
  EXPECT_EQ(no_file.code, 1);
  EXPECT_THAT(no_file.err, HasSubstr("Error: accepts 1 arg(s), received 0\nUsage:\n  quorateutl hashkv <filename>"));
  EXPECT_THAT(RunTool({"defrag"}).err, HasSubstr("Error: required flag(s) \"data-dir\" not set\n"));
  EXPECT_THAT(RunTool({"bogus"}).err, HasSubstr("unknown command \"bogus\" for \"quorateutl\""));
  EXPECT_EQ(RunTool({"snapshot", "status", "/none"}).err, "Error: stat /none: no such file or directory\n");
}

TEST_F(UtlTest, HelpShowsTheFlagsOfAllCommandsToo) {
  const Ran help = RunTool({"snapshot", "restore", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--bump-revision uint"));
  EXPECT_THAT(help.out, HasSubstr("Global Flags:\n      --timeout duration"));
}

TEST_F(UtlTest, ARestoredDirectoryHasTheHashOfItsSnapshot) {
  const Ran restored = RunTool({"snapshot", "restore", path_, "--data-dir", data_});
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.out, IsEmpty());
  EXPECT_EQ(restored.err,
            "added member 8e9e05c52164694d with the peer URLs http://localhost:2380 to the cluster cdf818194e3a8c32\n"
            "restored 1 keys, 3 changes and 0 leases at revision 4 into " +
                data_ + "\n");
  const Ran of_file = RunTool({"hashkv", path_});
  const Ran of_directory = RunTool({"hashkv", data_});
  EXPECT_EQ(of_file.code, 0) << of_file.err;
  EXPECT_EQ(of_directory.out, of_file.out);
  EXPECT_EQ(RunTool({"hashkv", data_, "--rev", "3", "-w", "json"}).out,
            RunTool({"hashkv", path_, "--rev", "3", "-w", "json"}).out);
  EXPECT_EQ(RunTool({"hashkv", data_, "--rev", "9"}).err, "Error: mvcc: required revision is a future revision\n");
}

TEST_F(UtlTest, DefragmentsAStoppedMember) {
  ASSERT_EQ(RunTool({"snapshot", "restore", path_, "--data-dir", data_}).code, 0);
  const std::string before = RunTool({"hashkv", data_}).out;
  const Ran defragmented = RunTool({"defrag", "--data-dir", data_});
  EXPECT_EQ(defragmented.code, 0);
  EXPECT_EQ(defragmented.err, "finished defragmenting directory " + data_ + "\n");
  EXPECT_EQ(RunTool({"hashkv", data_}).out, before);
  const Ran nothing = RunTool({"defrag", "--data-dir", directory_.path() + "/none"});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("Failed to defragment etcd data["));
}

// An empty store in its place would be the end of the tables.
TEST_F(UtlTest, AStoreThatHasLostAPartIsLeftAsItIs) {
  ASSERT_EQ(RunTool({"snapshot", "restore", path_, "--data-dir", data_}).code, 0);
  const std::string store = data_ + "/member/store";
  ASSERT_TRUE(std::filesystem::remove(store + "/CURRENT"));
  const std::vector<std::string> before = TablesIn(store);
  ASSERT_THAT(before, testing::Not(IsEmpty()));
  for (const Arguments& line : {Arguments{"defrag", "--data-dir", data_}, Arguments{"hashkv", data_}}) {
    const Ran refused = RunTool(line);
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr(store + "/CURRENT"));
    EXPECT_THAT(refused.err, HasSubstr("quorateutl snapshot restore"));
    EXPECT_EQ(TablesIn(store), before);
  }
  std::filesystem::remove_all(store);
  std::filesystem::create_directory(store);
  EXPECT_EQ(RunTool({"defrag", "--data-dir", data_}).code, 1);
  EXPECT_FALSE(std::filesystem::exists(store + "/CURRENT"));
}

TEST_F(UtlTest, ALockedMemberIsWaitedForAsLongAsAsked) {
  ASSERT_EQ(RunTool({"snapshot", "restore", path_, "--data-dir", data_}).code, 0);
  const auto lock = base::FileLock::Acquire(data_ + "/member/lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(RunTool({"defrag", "--data-dir", data_, "--timeout", "60ms"}).code, 1);
  EXPECT_EQ(RunTool({"hashkv", data_, "--timeout", "60ms"}).code, 1);
}

TEST_F(UtlTest, TheBarIsForTerminals) {
  const Ran restored = RunTool({"snapshot", "restore", path_, "--data-dir", data_}, /*terminal=*/true);
  ASSERT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.err, HasSubstr("\r"));
}

TEST_F(UtlTest, AdvertisedUrlsMustBeThoseOfTheCluster) {
  EXPECT_EQ(RunTool({"snapshot", "restore", path_, "--name", "m", "--initial-cluster", "m=http://10.0.0.1:2380"}).err,
            "Error: --initial-cluster has m=http://10.0.0.1:2380 but missing from "
            "--initial-advertise-peer-urls=http://localhost:2380\n");
  EXPECT_EQ(RunTool({"snapshot", "restore", path_, "--name", "m"}).err,
            "Error: couldn't find local name \"m\" in the initial cluster configuration\n");
}

TEST_F(UtlTest, SeveralMembersAreRefusedBeforeAnythingIsMade) {
  const Ran refused = RunTool({"snapshot", "restore", path_, "--data-dir", data_, "--initial-cluster",
                               "default=http://localhost:2380,two=http://localhost:2381"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("--initial-cluster names \"two\" besides \"default\""));
  EXPECT_FALSE(std::filesystem::exists(data_));
}

TEST_F(UtlTest, MigrateSaysWhyItDoesNotApply) {
  const Ran migrate = RunTool({"migrate", "--data-dir", data_, "--target-version", "3.6"});
  EXPECT_EQ(migrate.code, 4);
  EXPECT_THAT(migrate.err, HasSubstr("does not apply"));
}

TEST_F(UtlTest, CompletesItsCommands) {
  EXPECT_THAT(RunTool({"completion", "bash"}).out, HasSubstr("quorateutl"));
  EXPECT_EQ(RunTool({"completion", "tcsh"}).code, 1);
  EXPECT_THAT(RunTool({"__complete", "--", "snapshot", "re"}).out, HasSubstr("restore"));
  EXPECT_THAT(RunTool({"help", "snapshot"}).out, HasSubstr("quorateutl snapshot [command]"));
  EXPECT_THAT(RunTool({}).out, testing::Not(HasSubstr("__complete")));
}

TEST_F(UtlTest, Version) {
  EXPECT_THAT(RunTool({"version"}).out, HasSubstr("etcdutl version: 3.7.1\nAPI version: 3.7\n"));
}

}  // namespace
}  // namespace quorate::utl
