// Live watchers that fall behind.

#include <algorithm>
#include <utility>

#include "src/watch/events_by_key.h"
#include "src/watch/feed_state.h"

namespace quorate::watch {

void Feed::Rep::FallBehind(Watcher* watcher, int64_t next, bool from_store) {
  watcher->state = Watcher::State::kFallingBehind;
  watcher->next = std::max(watcher->next, next);
  watcher->from_store = from_store;
  watcher->kept_up = !watcher->channel->blocked;
  ++watcher->channel->behind;
  statistics.behind.fetch_add(1, std::memory_order_relaxed);
  fallen.Add(watcher);
}

void Feed::Rep::FallBehindAll(int64_t next) {
  for (const auto& group : live.groups()) {
    for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
      if (watcher->state == Watcher::State::kLive) FallBehind(watcher, next, false);
    }
  }
}

void Feed::Rep::FallBehindAt(const std::shared_ptr<const Batch>& batch, int64_t revision) {
  const EventsByKey events({batch}, revision);
  for (const auto& group : live.groups()) {
    if (events.Find(*group).empty()) continue;
    for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
      if (watcher->state == Watcher::State::kLive && watcher->next <= revision) FallBehind(watcher, revision, false);
    }
  }
}

void Feed::Rep::MoveFallen() {
  for (size_t moved = 0; moved < options.moved_per_turn && !fallen.empty(); ++moved) {
    Watcher* watcher = fallen.Take();
    if (watcher == nullptr) continue;
    LeaveLive(watcher);
    ParkOrCatchUp(watcher);
  }
  if (!fallen.empty()) PostAdvance();
}

}  // namespace quorate::watch
