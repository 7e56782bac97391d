// The same command lines against etcd and against Quorate print the same and exit the same, with the etcdctl of Debian,
// the pinned one, and quoratectl in its place.

#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/program.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

struct Line {
  std::vector<std::string> arguments;
  std::string input = {};
  // Only for the pinned etcdctl and quoratectl: the old one does not know it.
  bool current = false;
};

const std::vector<Line>& Lines() {
  static const std::vector<Line> lines = {
      {{"put", "a", "1"}},
      {{"put", "b", "2"}},
      {{"put", "c/1", "x"}},
      {{"put", "c/2", "y"}},
      {{"put", "c/3", "y"}},
      {{"put", "from-stdin"}, "value from standard input"},
      {{"put", "a", "3", "--prev-kv"}},
      {{"put", "new", "3", "--prev-kv"}},
      {{"put", "a", "4", "--prev-kv", "-w", "json"}},
      {{"put", "a", "5", "--prev-kv", "-w", "fields"}},
      {{"put", "a", "--ignore-value"}},
      {{"put", "a", "6", "--ignore-lease"}},
      {{"get", "a"}},
      {{"get", "a", "-w", "json"}},
      {{"get", "a", "-w", "fields"}},
      {{"get", "a", "--hex"}},
      {{"get", "a", "--print-value-only"}},
      {{"get", "a", "--consistency=s"}},
      {{"get", "a", "--consistency=l"}},
      {{"get", "none"}},
      {{"get", "none", "-w", "json"}},
      {{"get", "", "--prefix"}},
      {{"get", "", "--prefix", "-w", "json"}},
      {{"get", "", "--from-key"}},
      {{"get", "a", "c"}},
      {{"get", "c/", "--prefix"}},
      {{"get", "b", "--from-key"}},
      {{"get", "c/", "--prefix", "--limit=2"}},
      {{"get", "c/", "--prefix", "--limit=2", "-w", "json"}},
      {{"get", "c/", "--prefix", "--limit=2", "-w", "fields"}},
      {{"get", "c/", "--prefix", "--keys-only"}},
      {{"get", "c/", "--prefix", "--order=DESCEND"}},
      {{"get", "c/", "--prefix", "--order=DESCEND", "--sort-by=VALUE"}},
      {{"get", "", "--prefix", "--order=ASCEND", "--sort-by=MODIFY"}},
      {{"get", "", "--prefix", "--order=DESCEND", "--sort-by=CREATE"}},
      {{"get", "", "--prefix", "--order=DESCEND", "--sort-by=VERSION"}},
      {{"get", "", "--prefix", "--rev=4"}},
      {{"get", "a", "--rev=2"}},
      {{"get", "c/", "--prefix", "--count-only"}},
      {{"get", "c/", "--prefix", "--count-only", "-w", "fields"}},
      {{"get", "", "--prefix", "--min-mod-rev=6", "--max-mod-rev=9"}, "", true},
      {{"get", "", "--prefix", "--min-create-rev=3", "--max-create-rev=5", "-w", "json"}, "", true},
      {{"get", "c/", "--prefix", "--stream"}, "", true},
      {{"get", "c/", "--prefix", "--stream", "-w", "json"}, "", true},
      {{"del", "c/1"}},
      {{"del", "c/1"}},
      {{"del", "c/2", "--prev-kv"}},
      {{"del", "c/3", "--prev-kv", "-w", "json"}},
      {{"put", "d/1", ""}},
      {{"put", "d/2", ""}},
      {{"put", "d/3", ""}},
      {{"del", "d/1", "d/3", "-w", "fields"}},
      {{"del", "d/", "--prefix"}},
      {{"put", "z", "last"}},
      {{"del", "z", "--from-key"}},
      {{"txn"}, "value(\"a\") = \"6\"\nmod(\"b\") > \"1\"\n\nput then yes\nget a\ndel b\n\nput else yes\n\n"},
      {{"txn"}, "create(\"a\") = \"0\"\n\nput then no\n\nget a\nget then\n\n"},
      {{"txn", "-w", "json"}, "ver(\"a\") > \"1\"\n\nget a\nput t 1\n\n\n"},
      {{"txn", "-w", "fields"}, "\nget a\ndel none\n\n\n"},
      {{"txn"}, "nonsense\n\n\n\n"},
      {{"compaction", "5"}},
      {{"compaction", "5"}},
      {{"compaction", "4"}},
      {{"compaction", "100000"}},
      {{"compaction", "8", "--physical"}},
      {{"compaction", "9", "-w", "json"}},
      {{"compaction", "x"}},
      {{"compaction"}},
      {{"get", "a", "--rev=3"}},
      {{"get", "a", "--rev=100000"}},
      {{"get", "a", "--rev=100000", "-w", "json"}},
      {{"put", "", "v"}},
      {{"put"}},
      {{"get"}},
      {{"del"}},
      {{"get", "a", "b", "c"}},
      {{"get", "a", "--prefix", "--from-key"}},
      {{"get", "a", "--order=SIDEWAYS"}},
      {{"get", "a", "--sort-by=COLOUR"}},
      {{"get", "a", "--consistency=x"}},
      {{"get", "a", "-w", "nonsense"}},
      {{"put", "none", "--ignore-value"}},
      {{"put", "none", "v", "--ignore-lease"}},
      {{"put", "a", "v", "--ignore-value"}},
      {{"put", "a", "v", "--lease=123abc"}},
      {{"put", "a", "v", "--lease=zzz"}},
      {{"put", "--", "-dash", "-v"}},
      {{"get", "--", "-dash"}},
      {{"endpoint", "health"}},
      {{"member", "list"}},
      {{"member", "list", "-w", "fields"}},
      {{"get", "", "--prefix", "-w", "json"}},
  };
  return lines;
}

// Takes away what cannot be equal: addresses, identities made from them, terms, times, and the client's own log lines.
std::string Masked(const std::string& text) {
  static const std::vector<std::pair<std::regex, std::string>> masks = {
      {std::regex(R"(127\.0\.0\.1:\d+)"), "ADDRESS"},
      {std::regex(R"re("(cluster_id|member_id|raft_term|ID|ClusterID|MemberID|RaftTerm)"( ?: ?)\d+)re"), "\"$1\"$2N"},
      {std::regex(R"(took = \S+)"), "took = T"},
      {std::regex(R"(\b[0-9a-f]{13,16}\b)"), "ID"},
      {std::regex(R"((^|\n)\{"level".*)"), "$1"},
  };
  std::string masked = text;
  for (const auto& [pattern, replacement] : masks) masked = std::regex_replace(masked, pattern, replacement);
  while (masked.starts_with('\n')) masked.erase(0, 1);
  return masked;
}

std::string Described(const ProgramResult& result) {
  return "exit " + (result.exit_code ? std::to_string(*result.exit_code) : "never") + "\n--- output\n" +
         Masked(result.output) + "--- errors\n" + Masked(result.errors);
}

class EtcdctlParity : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(ReferenceProgram("etcd").empty()) << "no reference etcd: run tests/reference/build.sh";
    for (ServerProcess* server : {&reference_, &subject_}) {
      const absl::Status started = server->Start();
      ASSERT_TRUE(started.ok()) << base::MessageOf(started);
    }
  }

  static ProgramResult Run(const std::string& ctl, const ServerProcess& server, const Line& line) {
    Command command = {.arguments = {ctl, "--endpoints=" + server.address()}};
    command.arguments.insert(command.arguments.end(), line.arguments.begin(), line.arguments.end());
    return RunProgram(command, line.input);
  }

  // All lines, every difference reported.
  void ExpectEqual(const std::string& reference_ctl, const std::string& subject_ctl, bool current) {
    for (const Line& line : Lines()) {
      if (line.current && !current) continue;
      std::string shown;
      for (const std::string& argument : line.arguments) shown += " '" + argument + "'";
      EXPECT_EQ(Described(Run(reference_ctl, reference_, line)), Described(Run(subject_ctl, subject_, line))) << shown;
    }
  }

  const base::TemporaryDirectory reference_directory_;
  const base::TemporaryDirectory subject_directory_;
  ServerProcess reference_{{.binary = ReferenceProgram("etcd"), .directory = reference_directory_.path()}};
  ServerProcess subject_{{.binary = SubjectServer(), .directory = subject_directory_.path()}};
};

TEST_F(EtcdctlParity, DebiansEtcdctlSeesNoDifference) {
  const std::string etcdctl = "/usr/bin/etcdctl";
  if (access(etcdctl.c_str(), X_OK) != 0) GTEST_SKIP() << etcdctl << " is not installed";
  ExpectEqual(etcdctl, etcdctl, false);
}

TEST_F(EtcdctlParity, PinnedEtcdctlSeesNoDifference) {
  if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();
  ExpectEqual(ReferenceProgram("etcdctl"), ReferenceProgram("etcdctl"), true);
}

TEST_F(EtcdctlParity, QuoratectlPrintsWhatEtcdctlPrints) {
  if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();
  if (access(SubjectCtl().c_str(), X_OK) != 0) GTEST_SKIP() << SubjectCtl() << " is not built";
  ExpectEqual(ReferenceProgram("etcdctl"), SubjectCtl(), true);
}

}  // namespace
}  // namespace quorate::testing
