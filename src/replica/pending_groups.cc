#include "src/replica/pending_groups.h"

#include <algorithm>

#include "quorate/base/check.h"
#include "src/replica/bounds.h"

namespace quorate::replica {

void FailGroup(WaitingGroup group, const absl::Status& status, uint64_t term) {
  for (WaitingBatch& batch : group) {
    if (batch.completion == nullptr) continue;
    for (size_t i = 0; i < batch.commands; ++i) batch.completion->Complete(i, status, term);
  }
}

bool PendingGroups::Admit(size_t commands, size_t bytes) {
  size_t commands_before = commands_.fetch_add(commands, std::memory_order_relaxed);
  size_t bytes_before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // A batch that finds nobody waiting is always let in, however large: otherwise it never would be.
  bool fits = commands_before == 0 ||
              (commands_before + commands <= kPendingCommandsMax && bytes_before + bytes <= kPendingBytesMax);
  if (!fits) Release(commands, bytes);
  return fits;
}

void PendingGroups::Release(size_t commands, size_t bytes) {
  commands_.fetch_sub(commands, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void PendingGroups::Add(uint64_t group, WaitingGroup waiting, size_t commands, size_t bytes,
                        std::chrono::nanoseconds deadline) {
  base::MutexLock lock(&mutex_);
  QUORATE_CHECK(slots_.empty() || slots_.back().group < group) << "group ids must ascend";
  slots_.push_back({group, std::move(waiting), commands, bytes, deadline});
}

WaitingGroup PendingGroups::TakeSlot(Slot& slot) {
  slot.taken = true;
  Release(slot.commands, slot.bytes);
  return std::move(slot.waiting);
}

void PendingGroups::DropTaken() {
  while (!slots_.empty() && slots_.front().taken) slots_.pop_front();
}

WaitingGroup PendingGroups::Take(uint64_t group) {
  base::MutexLock lock(&mutex_);
  auto slot = std::lower_bound(slots_.begin(), slots_.end(), group,
                               [](const Slot& slot, uint64_t wanted) { return slot.group < wanted; });
  if (slot == slots_.end() || slot->group != group || slot->taken) return {};
  WaitingGroup waiting = TakeSlot(*slot);
  DropTaken();
  return waiting;
}

std::vector<WaitingGroup> PendingGroups::TakeExpired(std::chrono::nanoseconds now) {
  base::MutexLock lock(&mutex_);
  std::vector<WaitingGroup> expired;
  for (Slot& slot : slots_) {
    if (slot.deadline > now) break;  // deadlines ascend with the group ids
    if (!slot.taken) expired.push_back(TakeSlot(slot));
  }
  DropTaken();
  return expired;
}

std::vector<WaitingGroup> PendingGroups::TakeAll() { return TakeExpired(std::chrono::nanoseconds::max()); }

void PendingGroups::WaitEmpty(std::chrono::milliseconds patience) {
  auto empty = [this]() { return commands_.load(std::memory_order_relaxed) == 0; };
  base::MutexLock lock(&mutex_);
  mutex_.AwaitFor(empty, patience);
}

}  // namespace quorate::replica
