#pragma once

// How much history the leader keeps by compacting on its own: --auto-compaction-mode and --auto-compaction-retention.

#include <chrono>
#include <cstdint>

namespace quorate::replica {

struct AutoCompactionOptions {
  enum class Mode { kNone, kPeriodic, kRevision } mode = Mode::kNone;
  std::chrono::nanoseconds period{0};  // kPeriodic: the time whose history is kept; positive
  int64_t revisions = 0;               // kRevision: how many revisions are kept; positive
};

}  // namespace quorate::replica
