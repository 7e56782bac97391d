#include "tests/durability/fault_test.h"

#include <cstdio>
#include <cstdlib>

#include "tests/e2e/binaries.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kStartCutAfterMax(150);

}  // namespace

Rounds rounds;

int RunWithRounds(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  rounds.seed = std::random_device()();
  if (const char* seed = std::getenv("QUORATE_SEED"); seed != nullptr) rounds.seed = std::strtoull(seed, nullptr, 10);
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--seed=")) {
      rounds.seed = std::strtoull(argument.c_str() + 7, nullptr, 10);
    } else if (argument.starts_with("--rounds=")) {
      rounds.rounds = std::atoi(argument.c_str() + 9);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}

FaultTest::FaultTest(std::vector<std::string> flags)
    : server_({.binary = SubjectServer(), .directory = directory_.path(), .flags = std::move(flags)}) {}

void FaultTest::SetUp() {
  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  caller_ = std::make_unique<Caller>(server_.address());
}

void FaultTest::KillAndStartAgain() {
  server_.Kill();
  for (int cut = dice_.Below(3); cut > 0; --cut) {
    server_.Launch();
    dice_.Dawdle(kStartCutAfterMax);
    server_.Kill();
  }
  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  caller_ = std::make_unique<Caller>(server_.address());
}

}  // namespace quorate::testing
