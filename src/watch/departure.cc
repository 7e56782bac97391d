// Channels that are gone. A stream may have had hundreds of thousands of watchers, and to remove one takes a
// microsecond or two: they go a few at a time, and the loop serves others between.

#include <algorithm>
#include <utility>

#include "src/watch/feed_state.h"

namespace quorate::watch {

Feed::Rep::~Rep() {
  // While one is left, the hub tells this feed of commits.
  for (const auto& channel : departed) {
    for (const auto& [id, watcher] : std::exchange(channel->watchers, {})) Remove(watcher.get());
  }
}

void Feed::Rep::Depart(std::unique_ptr<ChannelState> channel) {
  // Nothing is sent from here on, and nothing done for those that are left while others go.
  channel->sink = nullptr;
  channel->blocked = true;
  channel->progress_target = 0;
  if (std::exchange(channel->progress_waiting, false)) std::erase(progress_waiting, channel.get());
  if (std::exchange(channel->noticing, false)) std::erase(noticing, channel.get());
  if (channel->watchers.empty()) return;
  departed.push_back(std::move(channel));
  RemoveDeparted();
  PostRemoval();
}

void Feed::Rep::RemoveDeparted() {
  while (!departed.empty() && removable_bytes > 0) {
    auto& watchers = departed.front()->watchers;
    // From the first on, which is looked for once: that takes longer the more have gone.
    for (auto next = watchers.begin(); next != watchers.end() && removable_bytes > 0;) {
      Watcher* watcher = (next++)->second.get();
      removable_bytes -= std::min(removable_bytes, WatcherBytes(watcher->range_bytes));
      Remove(watcher);
    }
    if (watchers.empty()) departed.pop_front();
  }
}

void Feed::Rep::PostRemoval() {
  if (std::exchange(removal_posted, true)) return;
  // Also when nothing is left: others may go in the next turn.
  options.post([this] {
    removal_posted = false;
    removable_bytes = options.removed_bytes_per_turn + std::exchange(added_bytes, 0);
    if (departed.empty()) return;
    RemoveDeparted();
    PostRemoval();
  });
}

}  // namespace quorate::watch
