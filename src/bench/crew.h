#pragma once

// The workers of a run, each with its scenario on a thread of its own.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "quorate/base/status.h"
#include "src/bench/endpoint.h"
#include "src/bench/options.h"
#include "src/bench/pace.h"
#include "src/bench/run.h"
#include "src/bench/scenario.h"
#include "src/bench/worker.h"

namespace quorate::bench {

class Crew {
 public:
  // Both must outlive this object; the pace may be null.
  Crew(const Options& options, Pace* pace) : options_(options), pace_(pace) {}

  absl::Status Connect(const std::vector<Endpoint>& endpoints);
  // Sends what the scenarios want sent before they start, with kPreparationInFlight requests in flight on each of
  // kPreparationConnections connections of a thread.
  absl::Status Prepare(const std::vector<Endpoint>& endpoints);

  // Begins a window that ends by options.duration or options.requests, or when Stop() is called if `until_stopped`.
  // Returns when measuring starts.
  int64_t Start(bool until_stopped);
  void Stop();
  // The window's figures, once it is over.
  LoadFigures Finish();

  // Lets the workers ask the pace again. Any thread, while a window is open.
  void Wake();
  Counters counters() const;

 private:
  static constexpr int kPreparationConnections = 8;
  static constexpr int kPreparationInFlight = 16;

  Window WindowOf(const ThreadShare& share, int64_t start_ns, bool until_stopped) const;
  absl::Status PrepareOnce(const std::vector<std::unique_ptr<Worker>>& workers);

  const Options& options_;
  Pace* pace_;
  std::atomic<uint64_t> live_count_ = 0;
  std::vector<ThreadShare> shares_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Scenario>> scenarios_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_ = false;
  int64_t measure_ns_ = 0;
};

}  // namespace quorate::bench
