#pragma once

// A channel's watchers that wait until its consumer takes events again, those first that have waited longest.

#include <cstddef>
#include <utility>

#include "src/watch/watcher.h"

namespace quorate::watch {

class ParkedWatchers {
 public:
  // One that is in no matcher.
  void Add(Watcher* watcher) {
    ++size_;
    watcher->following = nullptr;
    watcher->previous = std::exchange(last_, watcher);
    (watcher->previous == nullptr ? first_ : watcher->previous->following) = watcher;
  }
  void Remove(Watcher* watcher) {
    --size_;
    (watcher->previous == nullptr ? first_ : watcher->previous->following) = watcher->following;
    (watcher->following == nullptr ? last_ : watcher->following->previous) = watcher->previous;
    watcher->previous = watcher->following = nullptr;
  }
  Watcher* first() const { return first_; }
  size_t size() const { return size_; }

 private:
  Watcher* first_ = nullptr;
  Watcher* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace quorate::watch
