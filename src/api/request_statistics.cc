#include "src/api/request_statistics.h"

#include <algorithm>

#include "quorate/base/utf8.h"

namespace quorate::api {

std::string_view NameOf(RequestType type) {
  switch (type) {
    case RequestType::kRange:
      return "Range";
    case RequestType::kReadonlyTxn:
      return "ReadonlyTxn";
    case RequestType::kPut:
      return "Put";
    case RequestType::kDeleteRange:
      return "DeleteRange";
    case RequestType::kTxn:
      return "Txn";
    case RequestType::kCompaction:
      return "Compaction";
    case RequestType::kAlarm:
      return "Alarm";
    case RequestType::kLeaseGrant:
      return "LeaseGrant";
    case RequestType::kLeaseRevoke:
      return "LeaseRevoke";
  }
  return "unknown";
}

void CheckOutcomes::Count(const std::string& kind, const std::string& name, bool success) {
  base::MutexLock lock(&mutex_);
  Counts& counts = counts_[{kind, name}];
  counts.last = success;
  ++(success ? counts.success : counts.error);
}

CheckOutcomes::ByCheck CheckOutcomes::Get() const {
  base::MutexLock lock(&mutex_);
  return counts_;
}

bool ClientVersions::Count(std::string_view version) {
  const size_t used = used_.load(std::memory_order_relaxed);
  const size_t named = std::min(used, kVersionsMax);
  size_t slot = 0;
  while (slot < named && slots_[slot].version != version) ++slot;
  if (slot == named && !base::IsUtf8(version)) return false;
  if (slot == used) {
    slots_[slot].version = slot < kVersionsMax ? version : "other";
    used_.store(used + 1, std::memory_order_release);
  }
  slots_[slot].count.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace quorate::api
