#pragma once

// How long a differential test goes on, and when it restarts Quorate, as its arguments say:
//   [--seed=<n>] [--steps=<n>] [--seconds=<n>] [--restart_percent=<n>]

#include <chrono>
#include <cstdint>
#include <random>

namespace quorate::testing {

// Tells when a test has run as long as the arguments say.
class Clock {
 public:
  bool Over(uint64_t steps) const;

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Whether Quorate is to be restarted between these two epochs.
bool RestartsNow(std::mt19937_64& random);

}  // namespace quorate::testing
