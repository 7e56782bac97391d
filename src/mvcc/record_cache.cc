#include "src/mvcc/record_cache.h"

namespace quorate::mvcc {

RecordCache::RecordCache(size_t budget_bytes) : shard_budget_(budget_bytes / kShards) {}

base::Buffer RecordCache::Find(Revision revision) {
  Shard& shard = ShardOf(revision);
  base::MutexLock lock(&shard.mutex);
  auto place = shard.places.find(revision);
  if (place == shard.places.end()) {
    misses_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  hits_.fetch_add(1, std::memory_order_relaxed);
  Slot& slot = shard.slots[place->second];
  slot.used = true;
  return slot.record;
}

void RecordCache::Insert(Revision revision, base::Buffer record) {
  const size_t needed = record.size() + kEntryBytes;
  if (needed > shard_budget_) return;
  Shard& shard = ShardOf(revision);
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
}

void RecordCache::Age(Revision revision) {
  Shard& shard = ShardOf(revision);
  base::MutexLock lock(&shard.mutex);
  auto place = shard.places.find(revision);
  if (place != shard.places.end()) shard.slots[place->second].used = false;
}

// The clock's second chance: an entry found since the hand's last passing stays for one more round.
void RecordCache::Evict(Shard& shard, size_t needed) {
  while (shard.bytes + needed > shard_budget_ && !shard.places.empty()) {
    if (shard.hand >= shard.slots.size()) shard.hand = 0;
    const size_t place = shard.hand++;
    Slot& slot = shard.slots[place];
    if (!slot.record) continue;
    if (slot.used) {
      slot.used = false;
      continue;
    }
    shard.bytes -= slot.record.size() + kEntryBytes;
    shard.places.erase(slot.revision);
    shard.free.push_back(static_cast<uint32_t>(place));
    slot.record = {};
  }
}

size_t RecordCache::bytes() const {
  size_t sum = 0;
  for (Shard& shard : shards_) {
    base::MutexLock lock(&shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

}  // namespace quorate::mvcc
