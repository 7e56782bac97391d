#include "src/watch/departures.h"

#include <algorithm>
#include <utility>

#include "quorate/watch/bounds.h"

namespace quorate::watch {

void Departures::Add(std::unique_ptr<ChannelState> channel) {
  // Nothing is done for those that are left while others go.
  channel->sink = nullptr;
  channel->blocked = true;
  if (channel->watchers.empty()) return;
  channels_.push_back(std::move(channel));
  RemoveSome();
  PostRemoval();
}

void Departures::RemoveAll() {
  for (const auto& channel : channels_) {
    for (const auto& [id, watcher] : std::exchange(channel->watchers, {})) remove_(watcher.get());
  }
}

void Departures::RemoveSome() {
  while (!channels_.empty() && removable_bytes_ > 0) {
    auto& watchers = channels_.front()->watchers;
    // From the first on, which is looked for once: that takes longer the more have gone.
    for (auto next = watchers.begin(); next != watchers.end() && removable_bytes_ > 0;) {
      Watcher* watcher = (next++)->second.get();
      removable_bytes_ -= std::min(removable_bytes_, WatcherBytes(watcher->range_bytes));
      remove_(watcher);
    }
    if (watchers.empty()) channels_.pop_front();
  }
}

void Departures::PostRemoval() {
  if (std::exchange(posted_, true)) return;
  // Also when nothing is left: others may go in the next turn.
  options_->post([this] {
    posted_ = false;
    removable_bytes_ = options_->removed_bytes_per_turn + std::exchange(made_bytes_, 0);
    if (channels_.empty()) return;
    RemoveSome();
    PostRemoval();
  });
}

}  // namespace quorate::watch
