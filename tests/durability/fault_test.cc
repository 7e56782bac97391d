#include "tests/durability/fault_test.h"

#include "absl/flags/flag.h"
#include "tests/e2e/binaries.h"

ABSL_FLAG(int, rounds, 1, "how often it is killed");

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kStartCutAfterMax(150);

}  // namespace

int Rounds() { return absl::GetFlag(FLAGS_rounds); }

FaultTest::FaultTest(std::vector<std::string> flags)
    : server_({.binary = SubjectServer(), .directory = directory_.path(), .flags = std::move(flags)}) {}

void FaultTest::SetUp() {
  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  caller_ = std::make_unique<Caller>(server_.address());
}

void FaultTest::KillAndStartAgain() {
  server_.KillWithCutStarts(dice_.random(), kStartCutAfterMax);
  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  caller_ = std::make_unique<Caller>(server_.address());
}

}  // namespace quorate::testing
