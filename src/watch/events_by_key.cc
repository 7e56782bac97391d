#include "src/watch/events_by_key.h"

#include <algorithm>

namespace quorate::watch {

EventsByKey::EventsByKey(const Batches& batches, int64_t revision) {
  for (const auto& batch : batches) {
    for (const Event& event : batch->events) {
      if (event.revision() == revision) events_.push_back(&event);
    }
  }
  // Those of one key stay in order. What one deletion deletes is sorted already.
  const auto before = [](const Event* a, const Event* b) { return a->change.key < b->change.key; };
  if (!std::is_sorted(events_.begin(), events_.end(), before)) {
    std::stable_sort(events_.begin(), events_.end(), before);
  }
}

EventsByKey::Found EventsByKey::Find(const Group& group) const {
  const auto before = [](const Event* event, std::string_view key) { return event->change.key < key; };
  const auto after = [](std::string_view key, const Event* event) { return key < event->change.key; };
  const auto first = std::lower_bound(events_.begin(), events_.end(), group.begin, before);
  auto last = events_.end();
  if (group.single) {
    last = std::upper_bound(first, last, group.begin, after);
  } else if (!group.unbounded) {
    last = std::lower_bound(first, last, group.end, before);
  }
  return {first, last};
}

size_t FormerBytes(EventsByKey::Found events) {
  size_t bytes = 0;
  for (const Event* event : events) bytes += event->change.previous_bytes;
  return bytes;
}

}  // namespace quorate::watch
