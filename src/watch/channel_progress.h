#pragma once

// What a channel is still to be told of progress: ProgressNotices keeps it.

#include <cstddef>
#include <cstdint>
#include <list>

#include "src/watch/revisions_ahead.h"

namespace quorate::watch {

struct Watcher;

struct ChannelProgress {
  std::list<Watcher*> periodic;  // watchers that want notices; those first who have not had their turn
  size_t due = 0;                // that many, in this round
  uint32_t round = 0;
  bool in_round = false;  // among those that go on with their round in later turns of the loop
  // The revisions that were newest when progress was asked for: by the request that is answered next, and by the newest
  // one behind it, which stands for those between. 0: there is none.
  int64_t target = 0;
  int64_t newest = 0;
  bool waiting = false;  // for the feed's position; else for whoever is behind, or for room
  // Of live watchers: up to where they have heard of everything, where that is beyond the feed's position, and where
  // those start that begin in the future.
  RevisionsAhead ahead;
  RevisionsAhead starts;
};

}  // namespace quorate::watch
