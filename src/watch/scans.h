#pragma once

// Watchers that are behind: which of them catch up together, in one scan, and which scan has the next turn. What
// happens in a turn is not decided here.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "quorate/watch/feed_options.h"
#include "quorate/watch/feed_statistics.h"
#include "src/watch/read_queue.h"
#include "src/watch/scan.h"

namespace quorate::watch {

class Scans {
 public:
  // Both must outlive this.
  Scans(const FeedOptions* options, FeedStatistics* statistics) : options_(options), statistics_(statistics) {}

  Scan* Get(uint64_t id) const { return scans_.at(id).get(); }
  // For the watcher, and others like it; empty, and without a turn.
  Scan* Make(const Watcher& watcher, int64_t cursor, bool from_store);
  // Nobody is in it any more, and it has its turn now.
  void Erase(Scan* scan) { scans_.erase(scan->id); }

  // Puts a watcher that is in no matcher into a scan that is near, or into a new one, which then has a turn.
  void Enter(Watcher* watcher);
  void Join(Watcher* watcher, Scan* scan);
  // Out of its scan, into no matcher.
  void Leave(Watcher* watcher);

  // It waits for its turn, and others may join until then: one that needs no read, for all that is known, or a read.
  void Queue(Scan* scan);
  void WaitForRead(Scan* scan);
  size_t queued() const { return queue_.size(); }
  bool any_to_read() const { return !to_read_.empty(); }
  // The next whose turn it is, while there are any; null: none is left.
  Scan* TakeQueued();
  Scan* TakeToRead();

  // The revision was found to have more hits than a delivery holds: scans that come to it need not find that out again.
  void NoteLarge(int64_t revision) { large_ = revision; }
  // Whether the revision at the scan's cursor is known to be such.
  bool IsAtLarge(const Scan& scan) const { return scan.large == scan.cursor || large_ == scan.cursor; }

 private:
  // Where a scan is found by who looks for one to join.
  struct Place {
    bool from_store = false;
    bool kept_up = false;
    int64_t cursor = 0;
    uint64_t id = 0;
    auto operator<=>(const Place&) const = default;
  };
  static Place PlaceOf(const Scan& scan) { return {scan.from_store, scan.kept_up, scan.cursor, scan.id}; }

  Scan* Find(const Watcher& watcher) const;
  bool MayJoin(const Watcher& watcher, const Scan& scan) const;
  // Lets those find it who look for one, unless it takes nobody.
  void Offer(Scan* scan);
  // Before its cursor changes.
  void Withdraw(Scan* scan);
  void BeginTurn(Scan* scan);
  // It takes no more ranges: a copy of them costs enough.
  bool IsFull(const Scan& scan) const {
    return scan.matcher.groups().size() >= options_->scan_ranges_max ||
           scan.range_bytes >= options_->scan_range_bytes_max;
  }
  // Every watcher's position as its own, so that the scan may begin again further back.
  void KeepPositions(Scan* scan);

  const FeedOptions* const options_;
  FeedStatistics* const statistics_;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Scan>> scans_;
  // Those that may go on without a read, for all that is known, and those that wait for one. The others are being read
  // for, or wait for some time.
  std::deque<Scan*> queue_;
  ReadQueue to_read_;
  absl::btree_set<Place> offered_;
  uint64_t next_id_ = 1;
  int64_t large_ = 0;  // the last that was noted
};

}  // namespace quorate::watch
