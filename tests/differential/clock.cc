#include "tests/differential/clock.h"

#include "absl/flags/flag.h"

ABSL_FLAG(uint64_t, steps, UINT64_MAX, "to run at most");
ABSL_FLAG(double, seconds, 0, "to run at most; 0: no limit");
ABSL_FLAG(int, restart_percent, 50, "chance that Quorate is restarted between two epochs, half of the times by kill -9");

namespace quorate::testing {

bool Clock::Over(uint64_t steps) const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const double seconds = absl::GetFlag(FLAGS_seconds);
  return steps >= absl::GetFlag(FLAGS_steps) || (seconds > 0 && elapsed.count() > seconds);
}

bool RestartsNow(std::mt19937_64& random) {
  return static_cast<int>(random() % 100) < absl::GetFlag(FLAGS_restart_percent);
}

}  // namespace quorate::testing
