#pragma once

// Tells in the log of calls that took longer than expected. When everything stands still, thousands become slow
// together.

#include <atomic>
#include <chrono>
#include <cstdint>

#include "quorate/rpc/server.h"
#include "src/api/log_allowance.h"

namespace quorate::api {

class SlowCalls {
 public:
  explicit SlowCalls(std::chrono::nanoseconds expected) : expected_(expected) {}

  // Any thread.
  void Note(const rpc::SlowCall& call);
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  const std::chrono::nanoseconds expected_;
  std::atomic<uint64_t> count_{0};
  LogAllowance lines_;
};

}  // namespace quorate::api
