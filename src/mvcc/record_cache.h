#pragma once

// Records in memory, as immutable buffers, within a budget of bytes: the newest, and those that readers ask for. Any
// thread.
//
// What was written lately stays for as long as there is room, in the order of revisions, which costs next to nothing a
// write. What was found meanwhile is kept longer: a stream of writes does not drive out what is being read.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/mvcc/revision.h"
#include "src/mvcc/recent_records.h"
#include "src/mvcc/used_records.h"

namespace quorate::mvcc {

class RecordCache {
 public:
  explicit RecordCache(size_t budget_bytes) { SetBudget(budget_bytes); }

  // What is above a smaller budget goes as others come.
  void SetBudget(size_t budget_bytes);

  // An empty buffer when it is not there.
  base::Buffer Find(Revision revision);
  // The same for each place of `records` that is empty; the places that stay so.
  std::vector<size_t> FindAll(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records);
  // Without a trace in what is used and counted.
  bool Contains(Revision revision) const { return recent_.Contains(revision) || used_.Contains(revision); }
  // A new record, above all before it. One thread.
  void Append(Revision revision, base::Buffer record);
  // A record that was asked for and not there.
  void Insert(Revision revision, base::Buffer record);
  // One of the many records of a long range. Where it would drive out another, one of kScannedPerKept is kept: most
  // such ranges pass through once, and one that is asked for again and again is here after some rounds all the same.
  void InsertScanned(Revision revision, base::Buffer record);

  size_t bytes() const { return recent_.bytes() + used_.bytes(); }
  uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }

 private:
  static constexpr uint32_t kScannedPerKept = 4;
  // What is read may take the budget but for this much, or half of a small one: the newest are for watchers that are a
  // little behind, and for whoever writes and reads again.
  static constexpr size_t kNewestBytes = 64 << 20;
  // What was only written takes no more than this, or one part in kNewestShare of a large budget: the page cache makes
  // more of the rest.
  static constexpr size_t kNewestBytesMax = 96 << 20;
  static constexpr size_t kNewestShare = 8;

  size_t RecentBudget() const;
  void Keep(std::vector<RecentRecords::Entry>& entries);

  std::atomic<size_t> budget_bytes_ = 0;
  RecentRecords recent_;
  UsedRecords used_;
  std::atomic<uint32_t> scanned_ = 0;
  std::atomic<uint64_t> hits_ = 0;
  std::atomic<uint64_t> misses_ = 0;
};

}  // namespace quorate::mvcc
