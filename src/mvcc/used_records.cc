#include "src/mvcc/used_records.h"

namespace quorate::mvcc {

base::Buffer UsedRecords::Find(Revision revision) {
  Shard& shard = shards_[NumberOf(revision)];
  base::MutexLock lock(&shard.mutex);
  auto place = shard.places.find(revision);
  if (place == shard.places.end()) return {};
  Slot& slot = shard.slots[place->second];
  slot.used = true;
  return slot.record;
}

bool UsedRecords::Contains(Revision revision) const {
  const Shard& shard = shards_[NumberOf(revision)];
  base::MutexLock lock(&shard.mutex);
  return shard.places.contains(revision);
}

void UsedRecords::Insert(Revision revision, base::Buffer record) {
  const size_t needed = record.size() + kEntryBytes;
  if (needed > shard_budget()) return;
  Shard& shard = shards_[NumberOf(revision)];
  base::MutexLock lock(&shard.mutex);
  if (shard.places.contains(revision)) return;
  Evict(shard, needed);
  uint32_t place;
  if (shard.free.empty()) {
    place = static_cast<uint32_t>(shard.slots.size());
    shard.slots.emplace_back();
  } else {
    place = shard.free.back();
    shard.free.pop_back();
  }
  shard.slots[place] = {revision, std::move(record), false};
  shard.places.emplace(revision, place);
  shard.bytes += needed;
  bytes_.fetch_add(needed, std::memory_order_relaxed);
}

void UsedRecords::Trim() {
  if (bytes() <= kShards * shard_budget()) return;
  Shard& shard = shards_[next_trimmed_.fetch_add(1, std::memory_order_relaxed) % kShards];
  base::MutexLock lock(&shard.mutex);
  Evict(shard, 0);
}

// The clock's second chance: an entry found since the hand's last passing stays for one more round.
void UsedRecords::Evict(Shard& shard, size_t needed) {
  const size_t budget_bytes = shard_budget();
  for (size_t steps = 0; shard.bytes + needed > budget_bytes && !shard.places.empty() && steps < kStepsMax; ++steps) {
    if (shard.hand >= shard.slots.size()) shard.hand = 0;
    const size_t place = shard.hand++;
    Slot& slot = shard.slots[place];
    if (!slot.record) continue;
    if (slot.used) {
      slot.used = false;
      continue;
    }
    shard.bytes -= slot.record.size() + kEntryBytes;
    bytes_.fetch_sub(slot.record.size() + kEntryBytes, std::memory_order_relaxed);
    shard.places.erase(slot.revision);
    shard.free.push_back(static_cast<uint32_t>(place));
    slot.record = {};
  }
}

}  // namespace quorate::mvcc
