#pragma once

// The records of the newest revisions, first in, first out, within a budget of bytes. Any thread; one appends.
//
// Revisions ascend, so nothing is hashed: runs of neighbouring revisions are filled one after the other and dropped in
// the same order, and a revision's run follows from its number.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/buffer.h"
#include "quorate/base/mutex.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

class RecentRecords {
 public:
  using Entry = std::pair<Revision, base::Buffer>;

  // An empty buffer when it is not there.
  base::Buffer Find(Revision revision);
  // The same for each place of `records` that is empty: revisions that stand near each other share one lock and search.
  void FindAll(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records);
  bool Contains(Revision revision) const;
  // `revision` is above all before it. What has to go to keep within `budget_bytes` and was found since it came is
  // added to `used`; the rest is dropped.
  void Append(Revision revision, base::Buffer record, size_t budget_bytes, std::vector<Entry>* used);
  // Some of what is above the budget goes, as with Append.
  void Trim(size_t budget_bytes, std::vector<Entry>* used);

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // What an entry costs beside the record's bytes.
  static constexpr size_t kEntryBytes = 64;
  static constexpr size_t kStripes = 16;
  static constexpr int64_t kRevisionsPerRun = 256;
  static constexpr size_t kPrefetched = 4;
  // At a time: more are too many only when the budget has shrunk.
  static constexpr size_t kStepsMax = 8192;

  struct Slot {
    Revision revision;
    base::Buffer record;
    uint32_t bytes;
    mutable bool used;  // found since it came
  };
  // Main revisions [number * kRevisionsPerRun, (number + 1) * kRevisionsPerRun).
  struct Run {
    int64_t number;
    size_t dropped;  // slots before are empty
    std::vector<Slot> slots;
  };
  // Every kStripes-th run, so that readers seldom meet the one that appends.
  struct alignas(64) Stripe {
    mutable base::Mutex mutex;  // guards everything in the stripe
    std::deque<Run> runs ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  static int64_t NumberOf(Revision revision) { return revision.main / kRevisionsPerRun; }
  Stripe& StripeOf(Revision revision) { return stripes_[static_cast<uint64_t>(NumberOf(revision)) % kStripes]; }
  const Stripe& StripeOf(Revision revision) const {
    return stripes_[static_cast<uint64_t>(NumberOf(revision)) % kStripes];
  }
  // Null when it is not there.
  static const Run* RunOf(const Stripe& stripe, int64_t number) ABSL_SHARED_LOCKS_REQUIRED(stripe.mutex);
  static const Slot* SlotOf(const Run& run, Revision revision);
  // An empty buffer when it is not there.
  static base::Buffer Take(const Run* run, Revision revision);
  void Evict(Stripe& stripe, size_t budget_bytes, std::vector<Entry>* used) ABSL_EXCLUSIVE_LOCKS_REQUIRED(stripe.mutex);

  std::array<Stripe, kStripes> stripes_;
  std::atomic<size_t> bytes_ = 0;
  std::atomic<size_t> next_trimmed_ = 0;
};

}  // namespace quorate::mvcc
