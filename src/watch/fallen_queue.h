#pragma once

// Watchers that fell behind and are to leave the live ones, in order, until there is time for it. Any may go before its
// turn.

#include <cstdint>
#include <deque>

#include "src/watch/watcher.h"

namespace quorate::watch {

class FallenQueue {
 public:
  void Add(Watcher* watcher) {
    watcher->fallen_place = first_ + watchers_.size();
    watchers_.push_back(watcher);
  }
  // One that waits.
  void Remove(Watcher* watcher) { watchers_[watcher->fallen_place - first_] = nullptr; }
  bool empty() const { return watchers_.empty(); }
  // The first place, and null where its watcher has gone.
  Watcher* Take() {
    Watcher* watcher = watchers_.front();
    watchers_.pop_front();
    ++first_;
    return watcher;
  }

 private:
  std::deque<Watcher*> watchers_;
  uint64_t first_ = 0;  // the place of the first of them
};

}  // namespace quorate::watch
