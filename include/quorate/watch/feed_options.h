#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "quorate/base/status.h"
#include "quorate/watch/bounds.h"
#include "quorate/watch/hub.h"

namespace quorate::watch {

// What a feed needs of its surroundings. The bounds are other than usual in tests only.
struct FeedOptions {
  Hub* hub = nullptr;
  // Runs a function on this loop's thread, soon; callable from any thread. Dropped once the loop is gone.
  std::function<void(std::function<void()>)> post;
  // The same after a while; called on the loop's thread.
  std::function<void(std::chrono::milliseconds, std::function<void()>)> post_after;
  // Runs a task on a thread that may block, with OK, or anywhere with the reason why not.
  std::function<void(absl::AnyInvocable<void(absl::Status)>)> run_blocking;
  size_t step_bytes_max = kStepBytesMax;
  size_t history_walked_max = kHistoryWalkedMax;
  size_t scan_ranges_max = kScanRangesMax;
  int64_t scan_join_revisions = kScanJoinRevisions;
  size_t scan_range_bytes_max = kScanRangeBytesMax;
  size_t hits_max = kHitsMax;
  size_t former_bytes_together_max = kFormerBytesTogetherMax;
  size_t former_bytes_max = kFormerBytesMax;
  size_t moved_per_turn = kMovedPerTurn;
  size_t removed_bytes_per_turn = kRemovedBytesPerTurn;
};

}  // namespace quorate::watch
