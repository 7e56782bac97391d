#include "src/lease/expiry_wheel.h"

#include <algorithm>

namespace quorate::lease {

int64_t ExpiryWheel::Add(int64_t lease, int64_t due_ms) {
  int64_t slot = due_ms / kSlotMs + (due_ms % kSlotMs != 0 ? 1 : 0);
  slot = std::clamp(slot, now_slot_ + 1, now_slot_ + kSlots);
  slots_[slot % kSlots].push_back(lease);
  return slot * kSlotMs;
}

void ExpiryWheel::Advance(int64_t now_ms, std::vector<int64_t>* due) {
  const int64_t end = now_ms / kSlotMs;
  for (int64_t slot = std::max(now_slot_, end - kSlots) + 1; slot <= end; ++slot) {
    std::vector<int64_t>& leases = slots_[slot % kSlots];
    due->insert(due->end(), leases.begin(), leases.end());
    std::vector<int64_t>().swap(leases);
  }
  now_slot_ = std::max(now_slot_, end);
}

void ExpiryWheel::Clear() {
  for (std::vector<int64_t>& leases : slots_) std::vector<int64_t>().swap(leases);
}

}  // namespace quorate::lease
