#pragma once

#include <atomic>
#include <cstdint>

#include "tests/soak/availability.h"
#include "tests/soak/findings.h"
#include "tests/soak/lease_ledger.h"
#include "tests/soak/timeline.h"

namespace quorate::soak {

// What every thread of load has to do with.
struct Stage {
  Availability* availability;
  Findings* findings;
  Timeline* timeline;
  LeaseLedger* leases;
  uint64_t seed;
  std::atomic<uint64_t> calls = 0;
  std::atomic<uint64_t> unanswered = 0;
  std::atomic<uint64_t> watchers = 0;
  std::atomic<uint64_t> leases_ended = 0;
  std::atomic<uint64_t> locks = 0;
  std::atomic<uint64_t> snapshots = 0;
  // Up to where the history may be compacted, and must be: what was asked for, or the server may do, and what was
  // answered.
  std::atomic<int64_t> compacting = 0;
  std::atomic<int64_t> compacted = 0;
};

}  // namespace quorate::soak
