#pragma once

// One loop's counts for one method, added to the shared MethodStatistics once a tick: no contended atomics per request.

#include <array>
#include <cstdint>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/rpc/method_statistics.h"

namespace quorate::rpc {

struct MethodCounters {
  uint64_t started = 0;
  uint64_t received = 0;
  uint64_t sent = 0;
  std::array<uint64_t, MethodStatistics::kStatusCodes> handled = {};
  std::array<uint64_t, MethodStatistics::kLatencyBuckets> latency = {};
  uint64_t latency_nanoseconds = 0;
  bool dirty = false;
};

// All methods of one loop. Loop thread only.
class LoopCounters {
 public:
  explicit LoopCounters(size_t methods) : counters_(methods) {}

  void Started(int method) { ++Touch(method).started; }
  void Received(int method) { ++Touch(method).received; }
  void Sent(int method) { ++Touch(method).sent; }
  void Handled(int method, absl::StatusCode code, int64_t nanoseconds);
  // Adds what has gathered to the shared statistics.
  void Flush(const std::vector<std::unique_ptr<MethodStatistics>>& statistics);

 private:
  MethodCounters& Touch(int method) {
    MethodCounters& counters = counters_[method];
    if (!counters.dirty) {
      counters.dirty = true;
      dirty_.push_back(method);
    }
    return counters;
  }

  std::vector<MethodCounters> counters_;
  std::vector<int> dirty_;
};

}  // namespace quorate::rpc
