#pragma once

// How long a unary call's client waits for its answer: what is read on a pool need not be read for who has gone.

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/rpc/call.h"

namespace quorate::api {

// Made on the call's loop thread; any thread may ask.
class Patience {
 public:
  Patience(const rpc::UnaryCall& call, std::chrono::steady_clock::time_point deadline)
      : abandoned_(call.Abandoned()), deadline_(deadline) {}

  bool is_over() const {
    return abandoned_->load(std::memory_order_relaxed) || std::chrono::steady_clock::now() > deadline_;
  }
  // `ready`, or what is said in its place where nobody waits any more.
  absl::Status Check(absl::Status ready) const {
    if (is_over()) return base::errors::DeadlineExceeded();
    return ready;
  }

 private:
  std::shared_ptr<const std::atomic<bool>> abandoned_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace quorate::api
