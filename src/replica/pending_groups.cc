#include "src/replica/pending_groups.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"

namespace quorate::replica {

void FailGroup(WaitingGroup group, const absl::Status& status, uint64_t term) {
  for (WaitingBatch& batch : group) {
    if (batch.completion == nullptr) continue;
    for (size_t i = 0; i < batch.commands; ++i) batch.completion->Complete(i, status, term);
  }
}

void PendingGroups::Add(uint64_t group, WaitingGroup waiting, size_t commands, size_t bytes,
                        std::chrono::nanoseconds deadline) {
  base::MutexLock lock(&mutex_);
  QUORATE_CHECK(slots_.empty() || slots_.back().group < group) << "group ids must ascend";
  slots_.push_back({group, std::move(waiting), commands, bytes, deadline});
}

WaitingGroup PendingGroups::Take(uint64_t group, std::chrono::nanoseconds now) {
  base::MutexLock lock(&mutex_);
  auto slot = std::lower_bound(slots_.begin(), slots_.end(), group,
                               [](const Slot& slot, uint64_t wanted) { return slot.group < wanted; });
  if (slot == slots_.end() || slot->group != group || slot->executed) return {};
  slot->executed = true;
  WaitingGroup waiting = std::exchange(slot->waiting, {});
  admission_.Release(slot->commands, slot->bytes);
  admission_.Served(slot->commands, slot->bytes, now);
  while (!slots_.empty() && slots_.front().executed) slots_.pop_front();
  return waiting;
}

std::vector<WaitingGroup> PendingGroups::TakeExpired(std::chrono::nanoseconds now) {
  base::MutexLock lock(&mutex_);
  std::vector<WaitingGroup> expired;
  for (Slot& slot : slots_) {
    if (slot.deadline > now) break;  // deadlines ascend, nearly, with the group ids
    if (!slot.waiting.empty()) expired.push_back(std::exchange(slot.waiting, {}));
  }
  return expired;
}

std::vector<WaitingGroup> PendingGroups::TakeAll() { return TakeExpired(std::chrono::nanoseconds::max()); }

std::optional<std::chrono::nanoseconds> PendingGroups::EarliestDeadline() {
  base::MutexLock lock(&mutex_);
  for (const Slot& slot : slots_) {
    if (!slot.waiting.empty()) return slot.deadline;
  }
  return std::nullopt;
}

void PendingGroups::WaitEmpty(std::chrono::milliseconds patience) {
  auto empty = [this]() { return admission_.commands() == 0; };
  base::MutexLock lock(&mutex_);
  mutex_.AwaitFor(empty, patience);
}

}  // namespace quorate::replica
