#pragma once

#include <atomic>
#include <cstdint>

namespace quorate::watch {

// For metrics and tests; any thread reads.
struct FeedStatistics {
  std::atomic<int64_t> channels{0};
  std::atomic<int64_t> watchers{0};
  std::atomic<int64_t> behind{0};  // watchers that are not live
  std::atomic<uint64_t> events_sent{0};
  std::atomic<uint64_t> history_reads{0};
  std::atomic<uint64_t> history_events{0};
  // Steps that delivered one revision range by range, because it had too many hits.
  std::atomic<uint64_t> large_deliveries{0};
  // Watchers that ended because the former values of one revision were too many.
  std::atomic<uint64_t> former_too_large{0};
  // Copies of a scan's ranges made for reads of history.
  std::atomic<uint64_t> filters_made{0};
  // Times a watcher went on, or tried to, after its consumer had taken nothing.
  std::atomic<uint64_t> returned{0};
  // Positions written down because a watcher joined others from further back.
  std::atomic<uint64_t> positions_kept{0};
};

}  // namespace quorate::watch
