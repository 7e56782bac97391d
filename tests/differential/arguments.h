#pragma once

#include <chrono>
#include <cstdint>

namespace quorate::testing {

// What the differential tests are told on the command line:
//   [--seed=<n>] [--steps=<n>] [--seconds=<n>] [--restart-percent=<n>]
struct Arguments {
  // Otherwise of $QUORATE_SEED, otherwise random.
  uint64_t seed = 0;
  uint64_t steps = UINT64_MAX;
  // 0 is no limit.
  double seconds = 0;
  // Chance that Quorate is restarted between two epochs, half of the times by kill -9.
  int restart_percent = 50;
};
extern Arguments arguments;

// Takes Google Test's arguments and these, and runs all tests. The result is what main() returns.
int RunWithArguments(int argc, char** argv);

// Tells when a test has run as long as the arguments say.
class Clock {
 public:
  bool Over(uint64_t steps) const;

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace quorate::testing
