#pragma once

// How long execution took, for metrics. Written by whoever executes, read by anyone.

#include <array>

#include "quorate/base/latency_histogram.h"
#include "quorate/replica/command.h"

namespace quorate::replica {

struct ExecutionStatistics {
  using CommandLatency = base::LatencyHistogram<20, 100'000>;   // from 0.1 ms to 52 s
  using CommitLatency = base::LatencyHistogram<14, 1'000'000>;  // from 1 ms to 8 s

  struct Outcomes {
    CommandLatency succeeded;
    CommandLatency failed;
  };
  // By command type.
  std::array<Outcomes, kCommandTypes> commands;
  // Of the batches written to the store.
  CommitLatency commits;
};

}  // namespace quorate::replica
