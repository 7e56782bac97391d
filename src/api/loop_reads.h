#pragma once

// The reads of one event loop: the state they are served from, and those that wait for the replica to confirm that this
// state is the newest. Loop thread only.

#include <functional>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/store.h"
#include "quorate/replica/replica.h"

namespace quorate::api {

class LoopReads {
 public:
  // Runs on the loop thread, with OK once the read may be served.
  using Waiter = absl::AnyInvocable<void(absl::Status)>;
  // Runs a function on this loop's thread; callable from any thread.
  using Poster = std::function<void(std::function<void()>)>;

  LoopReads(replica::Replica* replica, Poster post) : replica_(replica), post_(std::move(post)) {}

  // The published state. Reads of one tick share a view as long as nothing newer is published, so that a read never
  // misses what was acknowledged, or read on another loop, before it came. Valid until the next call.
  const mvcc::ReadView& View();
  // Whether a linearizable read may be served at once.
  bool CanReadNow() const { return replica_->CanReadNow(); }
  // Calls the waiter when a linearizable read that came before this call may be served. One confirmation is asked for
  // all that came in a tick.
  void AfterConfirmation(Waiter waiter) { waiters_.push_back(std::move(waiter)); }
  // Whether one more read of this tick may wait for the disk on the loop.
  bool TakeWait() { return waits_left_ > 0 && waits_left_-- > 0; }
  void OnTickEnd();

 private:
  static constexpr int kWaitsPerTick = 2;

  replica::Replica* replica_;
  Poster post_;
  std::optional<mvcc::ReadView> view_;
  std::vector<Waiter> waiters_;
  int waits_left_ = kWaitsPerTick;
};

}  // namespace quorate::api
