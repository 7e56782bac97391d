#pragma once

// Channels that are gone. A stream may have had hundreds of thousands of watchers, and to remove one takes a
// microsecond or two: they go a few at a time, and the loop serves others between.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "quorate/watch/feed_options.h"
#include "src/watch/channel_state.h"

namespace quorate::watch {

class Departures {
 public:
  // `remove` takes a watcher out of its channel, and out of wherever else it is. The options must outlive this.
  Departures(const FeedOptions* options, std::function<void(Watcher*)> remove)
      : options_(options), remove_(std::move(remove)), removable_bytes_(options->removed_bytes_per_turn) {}

  // The channel's consumer is told nothing from here on. Of its watchers as many are removed at once as may still go in
  // this turn of the loop, those of other channels first that have been left over for longer.
  void Add(std::unique_ptr<ChannelState> channel);
  // Watchers that weigh so much were made: as much more goes in the next turn.
  void OnMade(size_t bytes) {
    if (!channels_.empty()) made_bytes_ += bytes;
  }
  // Everything that is left, at once: the feed ends.
  void RemoveAll();

 private:
  void RemoveSome();
  void PostRemoval();

  const FeedOptions* const options_;
  const std::function<void(Watcher*)> remove_;
  // With the watchers that are left of them. They are blocked, so they hear of nothing.
  std::deque<std::unique_ptr<ChannelState>> channels_;
  size_t removable_bytes_;  // in this turn
  size_t made_bytes_ = 0;   // since it began, while there are channels
  bool posted_ = false;
};

}  // namespace quorate::watch
