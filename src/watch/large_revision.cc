// A revision of so many events, watched through so many ranges, that what every range hears of it cannot be held at
// once, as when a deletion of 5,000 keys is watched through 100,000 ranges. Each range is served by itself.

#include <algorithm>
#include <span>
#include <vector>

#include "src/watch/feed_state.h"

namespace quorate::watch {
namespace {

// A step sorts the revision's events first, so it does more than others.
constexpr size_t kStepsInOne = 8;

// The events of one revision, to be found by their keys.
class EventsByKey {
 public:
  using Found = std::span<const Event* const>;

  EventsByKey(const Batches& batches, int64_t revision) {
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

  // By key.
  Found Find(const Group& group) const {
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

 private:
  std::vector<const Event*> events_;
};

// In the order of the revision: all lie in one batch. Returns the bytes that they count for.
size_t TakeHits(EventsByKey::Found found, std::vector<const Event*>* hits) {
  hits->assign(found.begin(), found.end());
  if (!std::is_sorted(hits->begin(), hits->end())) std::sort(hits->begin(), hits->end());
  size_t bytes = found.size() * kWindowEventBytes;
  for (const Event* event : found) bytes += event->change.record.size();
  return bytes;
}

}  // namespace

void Feed::Rep::DeliverLarge(Scan* scan, const Batches& batches, bool previous_is_complete) {
  const int64_t revision = scan->cursor;
  const EventsByKey events(batches, revision);
  statistics.large_deliveries.fetch_add(1, std::memory_order_relaxed);
  std::vector<const Event*> room;  // for one group after another
  for (size_t bytes = 0; scan->matcher.size() > 0 && bytes < kStepsInOne * options.step_bytes_max;) {
    Group* group = scan->matcher.groups().back().get();
    const EventsByKey::Found found = events.Find(*group);
    group->hits.swap(room);
    size_t group_bytes = 0;
    for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
      leaving.push_back(watcher);
      bytes += kWindowEventBytes;
      if (found.empty()) watcher->next = std::max(watcher->next, revision + 1);
      if (watcher->next > revision || watcher->channel->blocked) continue;
      if (group_bytes == 0) group_bytes = TakeHits(found, &group->hits);
      OfferBehind(watcher, group, 0, revision, previous_is_complete);
      bytes += group_bytes;
    }
    group->hits.swap(room);
    group->ForgetHits();
    // The group goes with them.
    MoveLeaving();
  }
}

}  // namespace quorate::watch
