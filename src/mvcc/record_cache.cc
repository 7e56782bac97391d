#include "src/mvcc/record_cache.h"

#include <algorithm>
#include <utility>

namespace quorate::mvcc {

void RecordCache::SetBudget(size_t budget_bytes) {
  if (budget_bytes_.load(std::memory_order_relaxed) == budget_bytes) return;
  budget_bytes_.store(budget_bytes, std::memory_order_relaxed);
  used_.SetBudget(budget_bytes - std::min(budget_bytes / 2, kNewestBytes));
}

size_t RecordCache::RecentBudget() const {
  const size_t budget_bytes = budget_bytes_.load(std::memory_order_relaxed);
  const size_t newest_bytes = std::max(kNewestBytesMax, budget_bytes / kNewestShare);
  return std::min(newest_bytes, budget_bytes - std::min(budget_bytes, used_.bytes()));
}

base::Buffer RecordCache::Find(Revision revision) {
  base::Buffer record = recent_.Find(revision);
  if (!record) record = used_.Find(revision);
  (record ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
  return record;
}

std::vector<size_t> RecordCache::FindAll(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records) {
  const auto sought =
      static_cast<size_t>(std::count_if(records->begin(), records->end(), [](auto& one) { return !one; }));
  recent_.FindAll(revisions, records);
  std::vector<size_t> missing;
  for (size_t i = 0; i < revisions.size(); ++i) {
    base::Buffer& record = (*records)[i];
    if (!record) record = used_.Find(revisions[i]);
    if (!record) missing.push_back(i);
  }
  hits_.fetch_add(sought - missing.size(), std::memory_order_relaxed);
  misses_.fetch_add(missing.size(), std::memory_order_relaxed);
  return missing;
}

void RecordCache::Append(Revision revision, base::Buffer record) {
  std::vector<RecentRecords::Entry> used;
  used_.Trim();
  recent_.Append(revision, std::move(record), RecentBudget(), &used);
  Keep(used);
}

void RecordCache::Insert(Revision revision, base::Buffer record) {
  used_.Insert(revision, std::move(record));
  if (bytes() <= budget_bytes_.load(std::memory_order_relaxed)) return;
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
