// The way back from a used-up space quota, step by step as the documentation tells it, with the stock etcdctl.

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

constexpr char kNoSpace[] = "etcdserver: mvcc: database space exceeded";

class QuotaTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    program_ = std::string(GetParam()) == "quoratectl" ? SubjectCtl() : ReferenceProgram(GetParam());
    if (program_.empty()) GTEST_SKIP() << "no " << GetParam();
    const absl::Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  }

  ProgramResult Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {program_, "--endpoints", server_.address()});
    return RunProgram({.arguments = arguments});
  }
  // A number of the status, as JSON has it.
  int64_t StatusField(const std::string& name) {
    const ProgramResult status = Run({"endpoint", "status", "-w", "json"});
    std::smatch found;
    if (!std::regex_search(status.output, found, std::regex("\"" + name + "\":([0-9]+)"))) return -1;
    return std::stoll(found[1]);
  }

  const base::TemporaryDirectory directory_;
  ServerProcess server_{{.binary = SubjectServer(),
                         .directory = directory_.path(),
                         .flags = {"--quota-backend-bytes=20480"},
                         .environment = {}}};
  std::string program_;
};

TEST_P(QuotaTest, TheDocumentedWayBackWorks) {
  const std::string value(1024, 'v');
  int puts = 0;
  ProgramResult put;
  while (puts < 100 && (put = Run({"put", "key", value})).exit_code == 0) ++puts;
  EXPECT_NE(put.errors.find(kNoSpace), std::string::npos) << put.errors;
  EXPECT_GE(puts, 5);
  EXPECT_LE(puts, 20);
  // One space or two: Go varies its text form from build to build on purpose.
  EXPECT_TRUE(std::regex_match(Run({"alarm", "list"}).output, std::regex("memberID:[0-9]+ +alarm:NOSPACE *\n")));
  EXPECT_NE(Run({"endpoint", "health"}).exit_code, 0);
  EXPECT_EQ(Run({"get", "key", "--print-value-only"}).output, value + "\n");
  const int64_t size = StatusField("dbSize");
  EXPECT_LE(size, 20480);

  const int64_t revision = StatusField("revision");
  EXPECT_EQ(revision, 1 + puts);
  EXPECT_EQ(Run({"compact", std::to_string(revision)}).exit_code, 0);
  EXPECT_EQ(Run({"defrag"}).exit_code, 0);
  EXPECT_LT(StatusField("dbSize"), size / 2);
  EXPECT_NE(Run({"put", "small", "v"}).exit_code, 0);
  EXPECT_TRUE(std::regex_match(Run({"alarm", "disarm"}).output, std::regex("memberID:[0-9]+ +alarm:NOSPACE *\n")));
  EXPECT_EQ(Run({"put", "small", "v"}).exit_code, 0);
  EXPECT_EQ(Run({"alarm", "list"}).output, "");
  EXPECT_EQ(Run({"endpoint", "health"}).exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(Clients, QuotaTest, ::testing::Values("etcdctl", "quoratectl"),
                         [](const auto& tool) { return std::string(tool.param); });

}  // namespace
}  // namespace quorate::testing
