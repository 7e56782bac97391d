// A revision of so many former values that they cannot be read for all its watchers at once, as when everything is
// deleted under watchers with prev_kv. What the values weigh is known before any is read.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/logging.h"
#include "src/watch/events_by_key.h"
#include "src/watch/feed_state.h"

namespace quorate::watch {
namespace {

absl::Status TooManyFormerValues(int64_t revision) {
  return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                          "etcdserver: the former values of revision " + std::to_string(revision) +
                              " in the watched range are too large to be sent: watch from the next revision on, or "
                              "without prev_kv");
}

// What former values weigh together, for any run of the events as they are sorted, at once: ranges may overlap.
class FormerWeights {
 public:
  explicit FormerWeights(EventsByKey::Found events) : first_(events.data()), sums_(events.size() + 1) {
    for (size_t i = 0; i < events.size(); ++i) {
      sums_[i + 1] = sums_[i];
      const mvcc::Event& change = events[i]->change;
      (change.deleted ? sums_[i + 1].deletes : sums_[i + 1].puts) += change.previous_bytes;
    }
  }
  size_t Of(EventsByKey::Found found, size_t kind) const {
    const Sums& before = sums_[static_cast<size_t>(found.data() - first_)];
    const Sums& until = sums_[static_cast<size_t>(found.data() - first_) + found.size()];
    return ((kind & kWithoutPuts) != 0 ? 0 : until.puts - before.puts) +
           ((kind & kWithoutDeletes) != 0 ? 0 : until.deletes - before.deletes);
  }

 private:
  struct Sums {
    size_t puts = 0;
    size_t deletes = 0;
  };
  const Event* const* const first_;
  std::vector<Sums> sums_;
};

}  // namespace

void Feed::Rep::SplitFormer(Scan* scan, const Batches& batches) {
  const int64_t revision = scan->cursor;
  const EventsByKey events(batches, revision);
  const FormerWeights weights(events.all());
  std::vector<SeparateRead> separate;
  std::vector<Watcher*> none, ending;
  for (const auto& group : scan->matcher.groups()) {
    const EventsByKey::Found found = events.Find(*group);
    // They are read for the range, whatever its watchers leave out.
    const size_t bytes = weights.Of(found, 0);
    SeparateRead of_group{.bytes = bytes, .watchers = {}};
    for (Watcher* watcher = group->first; watcher != nullptr; watcher = watcher->following) {
      // The others hear of it as soon as nobody in the scan wants former values.
      if (!watcher->request.prev_kv) continue;
      if (found.empty()) watcher->next = std::max(watcher->next, revision + 1);
      if (watcher->next > revision) {
        leaving.push_back(watcher);
      } else if (weights.Of(found, watcher->kind) == 0) {
        none.push_back(watcher);
      } else if (bytes > options.former_bytes_max) {
        ending.push_back(watcher);
      } else {
        of_group.watchers.push_back(watcher);
      }
    }
    if (!of_group.watchers.empty()) separate.push_back(std::move(of_group));
  }
  MoveLeaving();
  if (!none.empty()) ReadSeparately({.bytes = 0, .watchers = std::move(none)}, revision);
  SeparateRead together;
  for (SeparateRead& one : separate) {
    if (!together.watchers.empty() && together.bytes + one.bytes > options.former_bytes_together_max) {
      ReadSeparately(std::exchange(together, {}), revision);
    }
    together.bytes += one.bytes;
    together.watchers.insert(together.watchers.end(), one.watchers.begin(), one.watchers.end());
  }
  if (!together.watchers.empty()) ReadSeparately(together, revision);
  if (!ending.empty()) EndTooLarge(ending, revision);
  // Who is left hears of it without former values, and nobody who wants them joins before.
  scan->separate_revision = revision;
  scan->former_bytes = 0;
}

void Feed::Rep::ReadSeparately(const SeparateRead& read, int64_t revision) {
  Scan* scan = scans.Make(*read.watchers.front(), revision, /*from_store=*/true);
  scan->separate_revision = revision;
  scan->former_bytes = read.bytes;
  for (Watcher* watcher : read.watchers) {
    scans.Leave(watcher);
    watcher->from_store = true;
    if (watcher->channel->blocked) {
      Park(watcher);
    } else {
      scans.Join(watcher, scan);
    }
  }
  Requeue(scan);
}

void Feed::Rep::EndTooLarge(const std::vector<Watcher*>& ending, int64_t revision) {
  const absl::Status reason = TooManyFormerValues(revision);
  QUORATE_LOG(kWarn, "watchers are cancelled: the former values of one revision are too large to be sent",
              {{"revision", revision}, {"watchers", ending.size()}});
  statistics.former_too_large.fetch_add(ending.size(), std::memory_order_relaxed);
  for (Watcher* watcher : ending) {
    scans.Leave(watcher);
    End(watcher, [&](Sink& sink) { sink.OnFailed(watcher->id, reason); });
  }
}

}  // namespace quorate::watch
