#include "tests/soak/lease_ledger.h"

#include <algorithm>

namespace quorate::soak {

void LeaseLedger::Renewed(int64_t lease, std::chrono::seconds ttl, Time began, Time ended) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[lease];
  entry.ttl = ttl;
  entry.earliest_end = std::max(entry.earliest_end, began + ttl);
  entry.latest_end = std::max(entry.latest_end, ended + ttl);
}

void LeaseLedger::Revoking(int64_t lease) {
  const std::lock_guard lock(mutex_);
  entries_[lease].revoking = true;
}

void LeaseLedger::Restarted(Time now) {
  const std::lock_guard lock(mutex_);
  for (auto& [lease, entry] : entries_) entry.latest_end = std::max(entry.latest_end, now + entry.ttl);
}

std::string LeaseLedger::Ended(int64_t lease, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(lease);
  if (found == entries_.end()) return "a lease ends that nobody has granted: " + std::to_string(lease);
  Entry& entry = found->second;
  entry.ended = true;
  if (entry.revoking || now >= entry.earliest_end) return "";
  const double early = std::chrono::duration<double>(entry.earliest_end - now).count();
  return "lease " + std::to_string(lease) + " ends " + std::to_string(early) + " s before its time of " +
         std::to_string(entry.ttl.count()) + " s";
}

void LeaseLedger::Forget(int64_t lease) {
  const std::lock_guard lock(mutex_);
  entries_.erase(lease);
}

bool LeaseLedger::HasEnded(int64_t lease) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(lease);
  return found != entries_.end() && found->second.ended;
}

bool LeaseLedger::IsOverdue(int64_t lease, std::chrono::seconds ago, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(lease);
  return found != entries_.end() && !found->second.ended && now > found->second.latest_end + ago;
}

std::vector<int64_t> LeaseLedger::Certain(Time at) const {
  const std::lock_guard lock(mutex_);
  std::vector<int64_t> leases;
  for (const auto& [lease, entry] : entries_) {
    if (!entry.revoking && !entry.ended && at < entry.earliest_end) leases.push_back(lease);
  }
  return leases;
}

}  // namespace quorate::soak
