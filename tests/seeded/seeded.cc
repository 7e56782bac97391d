#include "tests/seeded/seeded.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "tests/seeded/seeds.h"

ABSL_FLAG(std::optional<uint64_t>, seed, std::nullopt,
          "what all chances follow from; otherwise $QUORATE_SEED or random");

namespace quorate::testing {
namespace {

// What ctest is told to take for skipped.
constexpr int kSkippedExitCode = 77;

uint64_t ChooseSeed() {
  if (const std::optional<uint64_t> given = absl::GetFlag(FLAGS_seed); given.has_value()) return *given;
  if (const std::optional<SeedRange> given = SeedsOfEnvironment(1); given.has_value()) return given->first;
  return std::random_device()();
}

}  // namespace

uint64_t Seed() {
  static const uint64_t seed = ChooseSeed();
  return seed;
}

int RunSeededTests(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  const int failed = RUN_ALL_TESTS();
  const ::testing::UnitTest& tests = *::testing::UnitTest::GetInstance();
  const bool all_skipped = tests.test_to_run_count() > 0 && tests.skipped_test_count() == tests.test_to_run_count();
  return failed == 0 && all_skipped ? kSkippedExitCode : failed;
}

}  // namespace quorate::testing
