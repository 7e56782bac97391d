#pragma once

// Waits until no key of a prefix is older than the waiter's own: whose turn it is goes by create revision. A waiter
// watches the youngest of its elders only, so that one key's end wakes one waiter.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "src/api/service_context.h"

namespace quorate::api {

class Predecessors {
 public:
  // Calls `done` when there is no key with a create revision up to this one, or with the error. Loop thread; `done` is
  // called there, later. Destroying this ends the wait; `done` may do so. `connection` is the waiter's. `keep` counts
  // the bytes of the key that is watched as rpc::Stream::Keep does, until its stream closes.
  Predecessors(ServiceContext* context, int loop_index, uint64_t connection, std::string prefix,
               int64_t create_revision_max, std::function<bool(int64_t)> keep, std::function<void(absl::Status)> done);
  ~Predecessors();
  Predecessors(const Predecessors&) = delete;
  Predecessors& operator=(const Predecessors&) = delete;

 private:
  class Wait;
  std::shared_ptr<Wait> wait_;
};

}  // namespace quorate::api
