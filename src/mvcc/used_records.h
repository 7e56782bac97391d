#pragma once

// Records that readers have asked for, of whatever age, within a budget of bytes. Any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "quorate/base/buffer.h"
#include "quorate/base/mutex.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

struct RevisionHash {
  size_t operator()(const Revision& revision) const {
    return (static_cast<uint64_t>(revision.main) * 0x9e3779b97f4a7c15u) ^
           (static_cast<uint64_t>(revision.sub) * 0xc2b2ae3d27d4eb4fu);
  }
};

class UsedRecords {
 public:
  void SetBudget(size_t budget_bytes) { shard_budget_.store(budget_bytes / kShards, std::memory_order_relaxed); }

  // An empty buffer when it is not there.
  base::Buffer Find(Revision revision);
  bool Contains(Revision revision) const;
  void Insert(Revision revision, base::Buffer record);
  // Some of what is above the budget goes, since that has shrunk.
  void Trim();
  // Nearly: what comes drives out something else.
  bool IsFull() const { return bytes() >= kShards * shard_budget() / 16 * 15; }

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // What an entry costs beside the record's bytes.
  static constexpr size_t kEntryBytes = 96;
  static constexpr size_t kShards = 16;
  // At a time: more are too many when the budget has shrunk, or when nearly all were found of late.
  static constexpr size_t kStepsMax = 8192;

  struct Slot {
    Revision revision;
    base::Buffer record;  // empty: the slot is free
    bool used = false;    // found since the hand last passed
  };
  struct alignas(64) Shard {
    // Guards everything in the shard; held for a lookup or an insertion, never while anything is read or freed at
    // length.
    mutable base::Mutex mutex;
    absl::flat_hash_map<Revision, uint32_t, RevisionHash> places ABSL_GUARDED_BY(mutex);
    std::vector<Slot> slots ABSL_GUARDED_BY(mutex);
    std::vector<uint32_t> free ABSL_GUARDED_BY(mutex);
    size_t hand ABSL_GUARDED_BY(mutex) = 0;
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  static size_t NumberOf(Revision revision) { return (RevisionHash()(revision) >> 32) % kShards; }
  size_t shard_budget() const { return shard_budget_.load(std::memory_order_relaxed); }
  void Evict(Shard& shard, size_t needed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  std::atomic<size_t> shard_budget_ = 0;
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> bytes_ = 0;
  std::atomic<size_t> next_trimmed_ = 0;
};

}  // namespace quorate::mvcc
