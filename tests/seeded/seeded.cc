#include "tests/seeded/seeded.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <random>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"

ABSL_FLAG(std::optional<uint64_t>, seed, std::nullopt, "what all chances follow from; otherwise $QUORATE_SEED or random");

namespace quorate::testing {
namespace {

uint64_t ChooseSeed() {
  if (const std::optional<uint64_t> given = absl::GetFlag(FLAGS_seed); given.has_value()) return *given;
  if (const char* given = std::getenv("QUORATE_SEED"); given != nullptr) return std::strtoull(given, nullptr, 10);
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
  return RUN_ALL_TESTS();
}

}  // namespace quorate::testing
