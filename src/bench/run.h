#pragma once

#include <optional>

#include "quorate/base/status.h"
#include "src/bench/audience.h"
#include "src/bench/errand.h"
#include "src/bench/options.h"
#include "src/bench/process_usage.h"
#include "src/bench/worker.h"

namespace quorate::bench {

// What the workers measured in one window.
struct LoadFigures {
  Figures figures;
  // From the start of measuring to the last answer.
  double elapsed_s = 0;
  // Present when a server process was named and lived.
  std::optional<ProcessUsage> usage_before;
  std::optional<ProcessUsage> usage_after;

  double Throughput() const;
  // Nothing without usage.
  std::optional<double> CpuNs() const;
  std::optional<double> CpuNsPerRequest() const;
};

// What a whole run measured.
struct RunResult {
  LoadFigures load;
  Counters counters;
  // For a scenario with an errand: the same load before it, and the errand itself.
  std::optional<LoadFigures> quiet;
  std::optional<ErrandFigures> errand;
  // For a scenario with watchers.
  std::optional<Delivery> delivery;
  double delivery_s = 0;

  double EventsPerSecond() const;
};

// Connects, puts the keys that the scenario needs, warms up, measures. Fails when the server cannot be reached, when
// the keys cannot be put, when the errand or a watch fails; requests that fail later are in the figures.
absl::StatusOr<RunResult> Run(const Options& options);

}  // namespace quorate::bench
