#pragma once

#include "quorate/base/status.h"
#include "src/bench/options.h"

namespace quorate::bench {

// Asks again and again until a linearizable Get is answered; returns the milliseconds from options.since_ns to then.
// Gives up after kFirstGetPatience.
absl::StatusOr<double> MillisecondsToFirstGet(const Options& options);

inline constexpr std::chrono::seconds kFirstGetPatience(600);

}  // namespace quorate::bench
