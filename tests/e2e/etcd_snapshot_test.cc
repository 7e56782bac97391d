// A snapshot of Quorate's, saved by the stock client, is one of etcd's to the stock tools: etcdutl finds nothing wrong
// with it, counts and hashes it as the server did, and an etcd that begins with it has the same keys, past and leases.

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/program.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

using Arguments = std::vector<std::string>;

// The number of a field of JSON output.
int64_t Number(const std::string& json, const std::string& name) {
  std::smatch match;
  const std::regex field("\"" + name + "\" ?: ?(-?[0-9]+)");
  if (!std::regex_search(json, match, field)) return -1;
  return std::stoll(match[1]);
}

// The kvs and the count of a Get's JSON, which the header stands before.
std::string Kvs(const std::string& json) {
  const size_t at = json.find("\"kvs\"");
  return at == std::string::npos ? json : json.substr(at);
}

class EtcdSnapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();
    const absl::Status started = subject_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  }

  static std::string Run(const std::string& program, const Arguments& arguments, const std::string& input = "") {
    Command command = {.arguments = {ReferenceProgram(program)}};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    const ProgramResult result = RunProgram(command, input);
    EXPECT_EQ(result.exit_code, 0) << arguments[0] << " " << result.output << result.errors;
    return result.output;
  }
  static std::string Ctl(const ServerProcess& server, const Arguments& arguments, const std::string& input = "") {
    Arguments all = {"--endpoints=" + server.address()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return Run("etcdctl", all, input);
  }
  std::string Ctl(const Arguments& arguments, const std::string& input = "") { return Ctl(subject_, arguments, input); }

  void Save() { Ctl({"snapshot", "save", file()}); }
  std::string Status() { return Run("etcdutl", {"snapshot", "status", file(), "-w", "json"}); }
  // Begins an etcd with what was saved.
  void Restore() {
    Run("etcdutl", {"snapshot", "restore", file(), "--name=m", "--data-dir=" + etcd_.data_directory(),
                    "--initial-cluster=m=" + etcd_.peer_url(), "--initial-advertise-peer-urls=" + etcd_.peer_url()});
    const absl::Status started = etcd_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  }
  void ExpectEqual(const Arguments& get) {
    SCOPED_TRACE(get[0] + " " + get.back());
    EXPECT_EQ(Kvs(Ctl(get)), Kvs(Ctl(etcd_, get)));
  }
  std::string file() const { return directory_.path() + "/saved"; }
  // etcdutl changes a file that it hashes.
  std::string HashKV() {
    base::WriteFile(directory_.path() + "/copy", base::ReadFile(file()));
    return Run("etcdutl", {"hashkv", directory_.path() + "/copy", "-w", "json"});
  }

  const base::TemporaryDirectory directory_;
  const base::TemporaryDirectory subject_directory_;
  const base::TemporaryDirectory etcd_directory_;
  ServerProcess subject_{{.binary = SubjectServer(), .directory = subject_directory_.path()}};
  ServerProcess etcd_{{.binary = ReferenceProgram("etcd"), .directory = etcd_directory_.path()}};
};

TEST_F(EtcdSnapshot, EmptyStore) {
  Save();
  const std::string status = Status();
  EXPECT_EQ(Number(status, "totalKey"), 0) << status;
  EXPECT_NE(status.find("\"version\":\"3.7.0\""), std::string::npos) << status;
  EXPECT_EQ(Number(HashKV(), "hash"), Number(Ctl({"endpoint", "hashkv", "-w", "json"}), "hash"));
  Restore();
  EXPECT_EQ(Number(Ctl(etcd_, {"put", "k", "v", "-w", "json"}), "revision"), 2);
}

TEST_F(EtcdSnapshot, KeysPastAndLeases) {
  for (int i = 0; i < 60; ++i) Ctl({"put", "k" + std::to_string(i % 17), "value" + std::to_string(i)});
  const std::string lease = Ctl({"lease", "grant", "100000"}).substr(6, 16);
  Ctl({"put", "leased", "x", "--lease=" + lease});
  Ctl({"put", "large"}, std::string(1'200'000, 'v'));
  Ctl({"del", "k3"});
  Ctl({"compaction", "40"});
  Ctl({"txn"}, "\nput a 1\nput b 2\ndel k4\n\n\n");
  Ctl({"del", "k5"});
  Ctl({"put", "k3", "again"});
  const int64_t revision = Number(Ctl({"get", "none", "-w", "json"}), "revision");
  Save();

  const std::string status = Status();
  EXPECT_EQ(Number(status, "revision"), revision) << status;
  EXPECT_EQ(Number(status, "totalKey"), Number(Ctl({"get", "", "--prefix", "--count-only", "-w", "fields"}), "Count"));
  const std::string hash = HashKV();
  EXPECT_EQ(Number(hash, "hash"), Number(Ctl({"endpoint", "hashkv", "-w", "json"}), "hash")) << hash;
  EXPECT_EQ(Number(hash, "compactRevision"), 40) << hash;

  Restore();
  EXPECT_EQ(Number(Ctl({"endpoint", "hashkv", "-w", "json"}), "hash"),
            Number(Ctl(etcd_, {"endpoint", "hashkv", "-w", "json"}), "hash"));
  ExpectEqual({"get", "", "--prefix", "-w", "json"});
  for (int64_t past = 40; past <= revision; ++past) {
    ExpectEqual({"get", "", "--prefix", "-w", "json", "--keys-only", "--rev=" + std::to_string(past)});
  }
  EXPECT_EQ(Ctl({"lease", "list"}), Ctl(etcd_, {"lease", "list"}));
  EXPECT_NE(Ctl(etcd_, {"lease", "timetolive", lease, "--keys"}).find("attached keys([leased])"), std::string::npos);
  Ctl(etcd_, {"lease", "revoke", lease});
  EXPECT_EQ(Ctl(etcd_, {"get", "leased"}), "");
}

TEST_F(EtcdSnapshot, EverythingDeletedAndCompacted) {
  for (int i = 0; i < 10; ++i) Ctl({"put", "k" + std::to_string(i % 3), "v"});
  Ctl({"del", "", "--prefix"});
  const int64_t revision = Number(Ctl({"get", "none", "-w", "json"}), "revision");
  Ctl({"compaction", std::to_string(revision), "--physical"});
  Save();
  EXPECT_EQ(Number(Status(), "totalKey"), 0);
  Restore();
  EXPECT_EQ(Number(Ctl(etcd_, {"put", "k", "v", "-w", "json"}), "revision"), revision + 1);
  Ctl(etcd_, {"compaction", std::to_string(revision + 1), "--physical"});
}

}  // namespace
}  // namespace quorate::testing
