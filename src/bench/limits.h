#pragma once

// What every server here stands on: the loopback round trip to one that does nothing, the most requests such a server
// answers, and how long the disk takes to sync one block of a log.

#include <string>

#include "quorate/base/status.h"
#include "src/bench/histogram.h"
#include "src/bench/options.h"

namespace quorate::bench {

struct Limits {
  Histogram round_trip_ns;
  // One block written and synced, through the page cache or past it, whichever takes less here.
  Histogram fdatasync_ns;
  bool fdatasync_is_direct = false;
  // 50 connections with 20 requests in flight each.
  double nothing_requests_per_s = 0;
};

// A third of options.duration for each. The file in options.directory is removed again.
absl::StatusOr<Limits> MeasureLimits(const Options& options);
std::string JsonReport(const Limits& limits);

}  // namespace quorate::bench
