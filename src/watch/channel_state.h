#pragma once

// The inside of a channel.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "quorate/watch/feed.h"
#include "src/watch/channel_progress.h"
#include "src/watch/parked_watchers.h"
#include "src/watch/watcher.h"

namespace quorate::watch {

// Hits of one live watcher, gathered for one response. A channel has at most one open, so that what it sends is in the
// order of revisions.
struct Segment {
  Watcher* watcher = nullptr;
  size_t from = 0;
  size_t to = 0;
  int64_t last_revision = 0;
  size_t revisions = 0;
  size_t bytes = 0;
};

struct ChannelState {
  ChannelState(Feed::Rep* feed, Sink* sink, uint64_t number) : feed(feed), sink(sink), number(number) {}

  Feed::Rep* const feed;
  Sink* sink;  // null: the channel is gone, and so are its watchers soon
  const uint64_t number;
  absl::flat_hash_map<int64_t, std::unique_ptr<Watcher>> watchers;
  int64_t next_id = 0;
  size_t over = 0;    // watchers that have ended and are not cancelled
  size_t behind = 0;  // watchers that are falling behind, behind or parked
  size_t returning = 0;
  size_t returning_max = kReturningFirst;  // since the consumer takes events again
  ParkedWatchers parked;                   // of those that are behind
  bool blocked = false;                    // the sink takes nothing
  ChannelProgress progress;
  Segment segment;
};

}  // namespace quorate::watch
