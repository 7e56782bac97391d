#pragma once

// Proposes to revoke leases that have run out, a few at each tick, so that many running out together do not stall
// writes. One batch is on its way at a time; what fails is proposed again after Lessor::kRevocationRetry.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>

#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"
#include "quorate/replica/replica.h"

namespace quorate::replica {

class LeaseExpiry {
 public:
  using Propose = std::function<void(ProposalBatch)>;

  // `interval`: between ticks.
  LeaseExpiry(lease::Leases* leases, lease::Lessor* lessor, std::chrono::milliseconds interval, Propose propose);
  // Replica thread, while proposals are taken.
  void Tick();

 private:
  class Answers;

  // Asked again just before it is proposed: while one waited here, its client may have revoked it and granted the same
  // id anew. Of what is logged and not executed yet nothing is known: what is granted anew just then goes too, as with
  // etcd.
  bool HasRunOut(int64_t lease) const;

  lease::Leases* const leases_;
  lease::Lessor* const lessor_;
  const size_t leases_per_tick_;
  const size_t keys_per_tick_;
  const Propose propose_;
  std::deque<int64_t> expired_;  // to be proposed
  // Cleared by the thread that answers.
  std::atomic<bool> under_way_{false};
};

}  // namespace quorate::replica
