#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "quorate/base/status.h"
#include "src/watch/key_filter.h"
#include "src/watch/matcher.h"
#include "src/watch/watcher.h"

namespace quorate::watch {

// Watchers that catch up together.
struct Scan {
  uint64_t id = 0;
  uint64_t founder = 0;  // the channel it was made for, while nobody else's watchers are in it; else 0
  uint64_t channel = 0;  // the one among whose scans it has its turns
  // All of them have heard of everything before this revision that is theirs.
  int64_t cursor = 0;
  bool advanced = false;    // the cursor has moved on since every watcher's own position was written down
  bool from_store = false;  // even where the window would do, unless compaction has passed it
  bool kept_up = false;     // its watchers', one and all
  bool waiting = false;     // for its turn: nobody joins at another time
  bool offered = false;     // to those who look for a scan to join
  int64_t large = 0;        // a revision that was found to have more hits than a delivery holds
  // A revision of so many former values that what these watchers hear of it is read for them alone: nobody joins while
  // it is next. And what that weighs.
  int64_t separate_revision = 0;
  size_t former_bytes = 0;  // 0: they hear of none
  Matcher matcher;
  std::shared_ptr<const KeyFilter> filter;  // of the matcher, and of some ranges that have left; null when one has come
  size_t range_bytes = 0;                   // the bounds of its groups
  size_t with_previous = 0;                 // watchers that want former values
  std::chrono::milliseconds retry{0};       // how long it last waited after a read that failed; 0: none did since
  absl::Status failure;                     // why its history can never be read: it ends, and nobody joins

  // What one of its watchers has to hear of next.
  int64_t Next(const Watcher& watcher) const { return std::max(watcher.next, cursor); }
};

}  // namespace quorate::watch
