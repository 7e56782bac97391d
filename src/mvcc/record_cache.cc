#include "src/mvcc/record_cache.h"

#include <utility>

namespace quorate::mvcc {

base::Buffer RecordCache::Find(Revision revision) {
  base::Buffer record = recent_.Find(revision);
  if (!record) record = used_.Find(revision);
  (record ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return record;
}

void RecordCache::Append(Revision revision, base::Buffer record) {
  std::vector<RecentRecords::Entry> used;
  recent_.Append(revision, std::move(record), RecentBudget(), &used);
  Keep(used);
}

void RecordCache::Insert(Revision revision, base::Buffer record) {
  used_.Insert(revision, std::move(record));
  if (bytes() <= budget_bytes_) return;
  std::vector<RecentRecords::Entry> used;
  recent_.Trim(RecentBudget(), &used);
  Keep(used);
}

void RecordCache::InsertScanned(Revision revision, base::Buffer record) {
  if (used_.IsFull() && scanned_.fetch_add(1, std::memory_order_relaxed) % kScannedPerKept != 0) return;
  Insert(revision, std::move(record));
}

void RecordCache::Keep(std::vector<RecentRecords::Entry>& entries) {
  for (auto& [revision, record] : entries) used_.Insert(revision, std::move(record));
}

}  // namespace quorate::mvcc
