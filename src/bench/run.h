#pragma once

#include <optional>

#include "quorate/base/status.h"
#include "src/bench/options.h"
#include "src/bench/process_usage.h"
#include "src/bench/worker.h"

namespace quorate::bench {

// What a whole run measured.
struct RunResult {
  Figures figures;
  Counters counters;
  // From the start of measuring to the last answer.
  double elapsed_s = 0;
  // Present when a server process was named and lived.
  std::optional<ProcessUsage> usage_before;
  std::optional<ProcessUsage> usage_after;

  double Throughput() const;
  // Nothing without usage.
  std::optional<double> CpuNsPerRequest() const;
};

// Connects, puts the keys that the scenario reads, warms up, measures. Fails when the server cannot be reached or the
// keys cannot be put; requests that fail later are in the figures.
absl::StatusOr<RunResult> Run(const Options& options);

}  // namespace quorate::bench
