#include "src/watch/scans.h"

#include <cstdlib>
#include <utility>

#include "quorate/watch/hub.h"
#include "src/watch/channel_state.h"

namespace quorate::watch {
namespace {

// How many scans are looked at for one that a watcher may join.
constexpr size_t kScansTriedMax = 32;

}  // namespace

Scan* Scans::Make(const Watcher& watcher, int64_t cursor, bool from_store) {
  auto made = std::make_unique<Scan>();
  Scan* scan = made.get();
  scan->id = next_id_++;
  scan->founder = scan->channel = watcher.channel->number;
  scan->cursor = cursor;
  scan->from_store = from_store;
  scan->kept_up = watcher.kept_up;
  scans_.emplace(scan->id, std::move(made));
  return scan;
}

void Scans::Enter(Watcher* watcher) {
  Scan* scan = Find(*watcher);
  if (scan == nullptr) {
    scan = Make(*watcher, watcher->next, watcher->from_store);
    Queue(scan);
  }
  scan->separate_revision = 0;
  Join(watcher, scan);
}

Scan* Scans::Find(const Watcher& watcher) const {
  const auto is_near = [&](const Place& place) {
    return place.from_store == watcher.from_store && place.kept_up == watcher.kept_up &&
           std::abs(place.cursor - watcher.next) <= options_->scan_join_revisions;
  };
  const auto after = offered_.upper_bound({watcher.from_store, watcher.kept_up, watcher.next, UINT64_MAX});
  size_t left = kScansTriedMax;
  // Rather one that need not go back.
  for (auto place = after; place != offered_.begin() && left > 0; --left) {
    if (!is_near(*--place)) break;
    Scan* scan = Get(place->id);
    if (MayJoin(watcher, *scan)) return scan;
  }
  for (auto place = after; place != offered_.end() && left > 0 && is_near(*place); ++place, --left) {
    Scan* scan = Get(place->id);
    if (MayJoin(watcher, *scan)) return scan;
  }
  return nullptr;
}

bool Scans::MayJoin(const Watcher& watcher, const Scan& scan) const {
  // Whom the window can serve does not wait for a read with others, and they do not make a scan go back to where it
  // needs one.
  const Hub& hub = *options_->hub;
  const int64_t window = hub.window_first();
  if (!scan.from_store && (scan.cursor >= window) != (watcher.next >= window)) return false;
  // Who comes before the compacted revision ends, and others are moved on from there.
  const int64_t compacted = hub.store().compacted_revision();
  if ((scan.cursor < compacted) != (watcher.next < compacted)) return false;
  // A scan goes back only while all who are in it are of one channel: it might do so again and again.
  if (scan.cursor > watcher.next) return scan.founder == watcher.channel->number;
  // Those who have a large revision behind them do not go back to those who have it before them.
  return !IsAtLarge(scan) || scan.cursor == watcher.next;
}

void Scans::Offer(Scan* scan) {
  if (!scan->waiting || scan->offered || scan->separate_revision == scan->cursor || !scan->failure.ok() ||
      IsFull(*scan)) {
    return;
  }
  scan->offered = true;
  offered_.insert(PlaceOf(*scan));
}

void Scans::Withdraw(Scan* scan) {
  if (std::exchange(scan->offered, false)) offered_.erase(PlaceOf(*scan));
}

void Scans::Queue(Scan* scan) {
  queue_.push_back(scan);
  scan->waiting = true;
  Offer(scan);
}

void Scans::WaitForRead(Scan* scan) {
  to_read_.Add(scan->id, scan->channel);
  scan->waiting = true;
  Offer(scan);
}

Scan* Scans::TakeQueued() {
  if (queue_.empty()) return nullptr;
  Scan* scan = queue_.front();
  queue_.pop_front();
  BeginTurn(scan);
  return scan;
}

Scan* Scans::TakeToRead() {
  const uint64_t id = to_read_.Take();
  if (id == 0) return nullptr;
  Scan* scan = Get(id);
  BeginTurn(scan);
  return scan;
}

void Scans::BeginTurn(Scan* scan) {
  Withdraw(scan);
  scan->waiting = false;
}

void Scans::Join(Watcher* watcher, Scan* scan) {
  watcher->state = Watcher::State::kBehind;
  if (watcher->next < scan->cursor) {
    Withdraw(scan);
    // The others must not hear again of what they have heard.
    if (std::exchange(scan->advanced, false)) KeepPositions(scan);
    scan->cursor = watcher->next;
  }
  watcher->scan = scan;
  const size_t ranges = scan->matcher.groups().size();
  scan->matcher.Add(watcher);
  if (scan->matcher.groups().size() > ranges) {
    scan->filter.reset();
    scan->range_bytes += watcher->group->bytes();
  }
  if (watcher->request.prev_kv) ++scan->with_previous;
  if (IsFull(*scan)) {
    Withdraw(scan);
  } else {
    Offer(scan);
  }
  const uint64_t channel = watcher->channel->number;
  if (channel != scan->founder) scan->founder = 0;
  // Its turns come as one of the scans of that channel which has the fewest; one that moves is the last there.
  if (to_read_.Waiting(channel) + 1 < to_read_.Waiting(scan->channel)) {
    scan->channel = channel;
    to_read_.Move(scan->id, channel);
  }
}

void Scans::Leave(Watcher* watcher) {
  Scan* scan = watcher->scan;
  watcher->next = scan->Next(*watcher);
  if (watcher->group->watchers == 1) scan->range_bytes -= watcher->group->bytes();
  scan->matcher.Remove(watcher);
  if (std::exchange(watcher->returning, false)) --watcher->channel->returning;
  if (watcher->request.prev_kv) --scan->with_previous;
  watcher->scan = nullptr;
  Offer(scan);
}

void Scans::KeepPositions(Scan* scan) {
  for (const auto& group : scan->matcher.groups()) {
    for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
      watcher->next = scan->Next(*watcher);
    }
  }
  statistics_->positions_kept.fetch_add(scan->matcher.size(), std::memory_order_relaxed);
}

}  // namespace quorate::watch
