// A server that cannot start says why in one line, exits with a code, and leaves the data as it was.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/program.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kGivesUpWithin(15);

// What opening a store writes even when nothing in it changes.
bool IsHousekeeping(const std::string& name) {
  return name == "CURRENT" || name.starts_with("MANIFEST-") || name.starts_with("OPTIONS-") || name.ends_with(".log");
}

// Every file below a directory with its bytes; locks and RocksDB's own log are no data.
std::map<std::string, std::string> Contents(const std::string& directory, bool with_housekeeping = true) {
  std::map<std::string, std::string> contents;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(directory, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "lock" || name == "LOCK" || name.starts_with("LOG")) continue;
    if (!with_housekeeping && IsHousekeeping(name)) continue;
    const std::string path = entry.path().string();
    contents[path] = base::ReadFile(path);
  }
  return contents;
}

// The paths whose contents differ, and how.
std::string Differences(const std::map<std::string, std::string>& before,
                        const std::map<std::string, std::string>& after) {
  std::string differences;
  for (const auto& [path, bytes] : before) {
    const auto now = after.find(path);
    if (now == after.end()) {
      differences += "gone: " + path + "\n";
    } else if (now->second != bytes) {
      differences += "changed: " + path + "\n";
    }
  }
  for (const auto& [path, bytes] : after) {
    if (!before.contains(path)) differences += "new: " + path + "\n";
  }
  return differences;
}

// Holds a TCP port of 127.0.0.1.
class Listener {
 public:
  Listener() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { close(fd_); }
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
};

class BadStart : public ::testing::Test {
 protected:
  ServerOptions Options(std::vector<std::string> flags = {}) const {
    return {.binary = SubjectServer(), .directory = directory_.path(), .flags = std::move(flags)};
  }
  std::string DataDirectory() const { return directory_.path() + "/data"; }

  // Leaves a data directory with some keys behind, cleanly closed or not.
  void MakeData(bool clean = true) {
    ServerProcess server(Options());
    const absl::Status started = server.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
    peer_url_ = server.peer_url();
    for (int i = 0; i < 20; ++i) {
      const ProgramResult put =
          RunProgram({.arguments = {ReferenceProgram("etcdctl"), "--endpoints=" + server.address(), "put",
                                    "key" + std::to_string(i), std::string(500, 'v')}});
      ASSERT_EQ(put.exit_code, std::optional<int>(0)) << put.errors;
    }
    if (clean) {
      ASSERT_TRUE(server.Terminate().has_value());
    } else {
      server.Kill();
    }
  }

  // Starts with these flags, and expects that it gives up, and that its last words are one line at level error or
  // fatal, or one plain line, that holds all of these texts whatever their case.
  // `store_opens` when the store is sound and read before the trouble is met.
  void ExpectRefusal(const std::vector<std::string>& flags, const std::vector<std::string>& texts,
                     bool store_opens = false) {
    const auto before = Contents(DataDirectory(), !store_opens);
    ServerProcess server(Options(flags));
    server.Launch();
    const std::optional<int> code = server.WaitForExit(kGivesUpWithin);
    const std::string log = server.Log();
    ASSERT_TRUE(code.has_value()) << "it runs: " << server.LogTail();
    EXPECT_NE(*code, 0);
    EXPECT_LT(*code, 128) << "ended by a signal: " << server.LogTail();
    const std::vector<std::string> complaints = Complaints(log);
    EXPECT_EQ(complaints.size(), 1u) << log;
    for (const std::string& text : texts) EXPECT_TRUE(Mentions(complaints, text)) << "no '" << text << "' in: " << log;
    EXPECT_EQ(Differences(before, Contents(DataDirectory(), !store_opens)), "");
  }

 private:
  static std::vector<std::string> Complaints(const std::string& log) {
    std::vector<std::string> complaints;
    for (size_t at = 0; at < log.size();) {
      const size_t end = std::min(log.find('\n', at), log.size());
      const std::string line = log.substr(at, end - at);
      at = end + 1;
      const bool json = line.starts_with("{");
      const bool severe =
          line.find(R"("level":"error")") != std::string::npos || line.find(R"("level":"fatal")") != std::string::npos;
      if (!line.empty() && (!json || severe)) complaints.push_back(line);
    }
    return complaints;
  }
  static bool Mentions(const std::vector<std::string>& lines, const std::string& text) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return std::search(line.begin(), line.end(), text.begin(), text.end(), [](unsigned char a, unsigned char b) {
               return std::tolower(a) == std::tolower(b);
             }) != line.end();
    });
  }

 protected:
  const base::TemporaryDirectory directory_;
  std::string peer_url_;
};

TEST_F(BadStart, ClientPortInUse) {
  ASSERT_NO_FATAL_FAILURE(MakeData());
  const Listener taken;
  ExpectRefusal({"--listen-client-urls=http://" + taken.address()}, {taken.address(), "in use"});
}

TEST_F(BadStart, PeerPortInUse) {
  ASSERT_NO_FATAL_FAILURE(MakeData());
  const Listener taken;
  ExpectRefusal({"--listen-peer-urls=http://" + taken.address()}, {taken.address(), "in use"});
}

TEST_F(BadStart, UnparsableUrls) {
  for (const char* url : {"127.0.0.1:2379", "http://", "ftp://127.0.0.1:1", "http://127.0.0.1:notaport",
                          "http://127.0.0.1:99999", "http://127.0.0.1:1/path"}) {
    SCOPED_TRACE(url);
    ExpectRefusal({std::string("--listen-client-urls=") + url}, {"listen-client-urls", url});
    EXPECT_FALSE(fs::exists(DataDirectory()));
  }
}

TEST_F(BadStart, UnknownFlagIsAnsweredWithTheNearestName) {
  ExpectRefusal({"--listen-client-url=http://127.0.0.1:0"}, {"--listen-client-url", "--listen-client-urls"});
  ExpectRefusal({"--snapshot-cuont=5"}, {"--snapshot-count"});
}

TEST_F(BadStart, BadFlagValues) {
  ExpectRefusal({"--heartbeat-interval=soon"}, {"heartbeat-interval", "soon"});
  ExpectRefusal({"--max-txn-ops=-1"}, {"max-txn-ops", "-1"});
  ExpectRefusal({"--initial-cluster-state=old"}, {"initial-cluster-state", "old"});
}

TEST_F(BadStart, InitialClusterWithoutThisMember) {
  ExpectRefusal({"--initial-cluster=other=http://127.0.0.1:1"}, {"initial-cluster"});
}

TEST_F(BadStart, DataDirectoryIsAFile) {
  base::WriteFile(DataDirectory(), "not a directory");
  ExpectRefusal({}, {DataDirectory(), "directory"});
  EXPECT_EQ(base::ReadFile(DataDirectory()), "not a directory");
}

TEST_F(BadStart, NoPermission) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  ASSERT_NO_FATAL_FAILURE(MakeData());
  ASSERT_EQ(chmod(directory_.path().c_str(), 0755), 0);
  const std::vector<std::string> as_nobody = {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  std::vector<std::string> version = as_nobody;
  version.insert(version.end(), {SubjectServer(), "--version"});
  if (RunProgram({.arguments = version}).exit_code != 0) GTEST_SKIP() << "another user cannot run the server";
  std::vector<std::string> start = as_nobody;
  start.insert(start.end(),
               {SubjectServer(), "--name=m", "--data-dir=" + DataDirectory(), "--listen-client-urls=http://127.0.0.1:0",
                "--advertise-client-urls=http://127.0.0.1:1", "--listen-peer-urls=http://127.0.0.1:0",
                "--initial-advertise-peer-urls=" + peer_url_, "--initial-cluster=m=" + peer_url_});
  const auto before = Contents(DataDirectory());
  const ProgramResult result = RunProgram({.arguments = start}, "", kGivesUpWithin);
  ASSERT_TRUE(result.exit_code.has_value()) << "it runs: " << result.errors;
  EXPECT_NE(*result.exit_code, 0);
  EXPECT_NE(result.errors.find("ermission denied"), std::string::npos) << result.errors;
  EXPECT_NE(result.errors.find(DataDirectory()), std::string::npos) << result.errors;
  EXPECT_EQ(Differences(before, Contents(DataDirectory())), "");
}

TEST_F(BadStart, SecondProcessOnTheSameData) {
  ServerProcess first(Options());
  ASSERT_TRUE(first.Start().ok());
  ServerProcess second(Options());
  second.Launch();
  const std::optional<int> code = second.WaitForExit(kGivesUpWithin);
  ASSERT_TRUE(code.has_value()) << "two servers run on one data directory";
  EXPECT_NE(*code, 0);
  EXPECT_NE(second.Log().find(DataDirectory()), std::string::npos) << second.LogTail();
  EXPECT_FALSE(first.WaitForExit(std::chrono::milliseconds(100)).has_value());
  const ProgramResult put = RunProgram(
      {.arguments = {ReferenceProgram("etcdctl"), "--endpoints=" + first.address(), "put", "still", "serving"}});
  EXPECT_EQ(put.exit_code, std::optional<int>(0)) << put.errors;
}

TEST_F(BadStart, NameOfAnotherMember) {
  ASSERT_NO_FATAL_FAILURE(MakeData());
  ExpectRefusal({"--name=other", "--initial-cluster=other=" + peer_url_, "--initial-advertise-peer-urls=" + peer_url_},
                {"name", "other"});
}

TEST_F(BadStart, TokenOfAnotherCluster) {
  ASSERT_NO_FATAL_FAILURE(MakeData());
  ExpectRefusal({"--initial-cluster-token=other", "--initial-cluster=m=" + peer_url_,
                 "--initial-advertise-peer-urls=" + peer_url_},
                {"token"});
}

// The files of the data directory whose name ends so.
std::vector<std::string> FilesEnding(const std::string& directory, const std::string& end) {
  std::vector<std::string> files;
  for (const auto& [path, bytes] : Contents(directory)) {
    if (path.ends_with(end)) files.push_back(path);
  }
  return files;
}

TEST_F(BadStart, BitFlippedInTheMiddleOfTheLog) {
  ASSERT_NO_FATAL_FAILURE(MakeData(/*clean=*/false));
  const std::vector<std::string> segments = FilesEnding(DataDirectory(), ".wal");
  ASSERT_FALSE(segments.empty());
  std::string bytes = base::ReadFile(segments.front());
  // Twenty values of 500 bytes: this is among the first of them.
  const size_t at = bytes.find(std::string(400, 'v'));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 1);
  base::WriteFile(segments.front(), bytes);
  ExpectRefusal({}, {segments.front()}, /*store_opens=*/true);
}

TEST_F(BadStart, StoreDamaged) {
  ASSERT_NO_FATAL_FAILURE(MakeData());
  const std::vector<std::string> current = FilesEnding(DataDirectory(), "/CURRENT");
  ASSERT_EQ(current.size(), 1u);
  base::WriteFile(current[0], "garbage\n");
  ExpectRefusal({}, {fs::path(current[0]).parent_path().string()});
}

}  // namespace
}  // namespace quorate::testing
