#pragma once

// The calls of one event loop that last as long as something takes to happen, so that they can be ended together when
// the server is to stop. Loop thread only.

#include "absl/container/flat_hash_set.h"
#include "quorate/base/status.h"

namespace quorate::api {

class LastingCall {
 public:
  // Answers with the status, and leaves.
  virtual void End(absl::Status status) = 0;

 protected:
  ~LastingCall() = default;
};

class LastingCalls {
 public:
  void Add(LastingCall* call) { calls_.insert(call); }
  void Remove(LastingCall* call) { calls_.erase(call); }
  void EndAll(const absl::Status& status) {
    const absl::flat_hash_set<LastingCall*> calls = std::move(calls_);
    calls_.clear();
    for (LastingCall* call : calls) call->End(status);
  }

 private:
  absl::flat_hash_set<LastingCall*> calls_;
};

}  // namespace quorate::api
