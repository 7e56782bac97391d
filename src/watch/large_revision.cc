// A revision of so many events, watched through so many ranges, that what every range hears of it cannot be held at
// once, as when a deletion of 5,000 keys is watched through 100,000 ranges. Each range is served by itself.

#include <algorithm>
#include <vector>

#include "src/watch/events_by_key.h"
#include "src/watch/feed_state.h"

namespace quorate::watch {
namespace {

// A step sorts the revision's events first, so it does more than others.
constexpr size_t kStepsInOne = 8;

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
