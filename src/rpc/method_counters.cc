#include "src/rpc/method_counters.h"

#include <algorithm>

namespace quorate::rpc {

void LoopCounters::Handled(int method, absl::StatusCode code, int64_t nanoseconds) {
  MethodCounters& counters = Touch(method);
  const int index = std::clamp(static_cast<int>(code), 0, MethodStatistics::kStatusCodes - 1);
  ++counters.handled[index];
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  int bucket = 0;
  while (bucket < MethodStatistics::kLatencyBuckets - 1 && seconds > MethodStatistics::kLatencyBoundsSeconds[bucket]) {
    ++bucket;
  }
  ++counters.latency[bucket];
  counters.latency_nanoseconds += static_cast<uint64_t>(nanoseconds);
}

void LoopCounters::Flush(const std::vector<std::unique_ptr<MethodStatistics>>& statistics) {
  const auto add = [](std::atomic<uint64_t>& total, uint64_t count) {
    if (count != 0) total.fetch_add(count, std::memory_order_relaxed);
  };
  for (const int method : dirty_) {
    MethodCounters& from = counters_[method];
    MethodStatistics& to = *statistics[method];
    add(to.started, from.started);
    add(to.received, from.received);
    add(to.sent, from.sent);
    for (size_t i = 0; i < from.handled.size(); ++i) add(to.handled[i], from.handled[i]);
    for (size_t i = 0; i < from.latency.size(); ++i) add(to.latency[i], from.latency[i]);
    add(to.latency_nanoseconds, from.latency_nanoseconds);
    from = MethodCounters();
  }
  dirty_.clear();
}

}  // namespace quorate::rpc
