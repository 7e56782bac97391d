#include "tests/differential/arguments.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace quorate::testing {
namespace {

bool TakeNumber(const std::string& argument, const std::string& name, double* number) {
  const std::string prefix = "--" + name + "=";
  if (!argument.starts_with(prefix)) return false;
  *number = std::strtod(argument.c_str() + prefix.size(), nullptr);
  return true;
}

}  // namespace

Arguments arguments;

int RunWithArguments(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  arguments.seed = std::random_device()() % 1'000'000'000;
  if (const char* seed = std::getenv("QUORATE_SEED"); seed != nullptr)
    arguments.seed = std::strtoull(seed, nullptr, 10);
  for (int i = 1; i < argc; ++i) {
    double number = 0;
    if (TakeNumber(argv[i], "seed", &number)) {
      arguments.seed = static_cast<uint64_t>(number);
    } else if (TakeNumber(argv[i], "steps", &number)) {
      arguments.steps = static_cast<uint64_t>(number);
    } else if (TakeNumber(argv[i], "restart-percent", &number)) {
      arguments.restart_percent = static_cast<int>(number);
    } else if (!TakeNumber(argv[i], "seconds", &arguments.seconds)) {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      return 2;
    }
  }
  return RUN_ALL_TESTS();
}

bool Clock::Over(uint64_t steps) const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  return steps >= arguments.steps || (arguments.seconds > 0 && elapsed.count() > arguments.seconds);
}

}  // namespace quorate::testing
