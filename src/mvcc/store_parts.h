#pragma once

// What a store is made of, and the functions over its parts that have files of their own: loading, lists in chunks,
// events of the past, hashing.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "quorate/mvcc/event_history.h"
#include "quorate/mvcc/hash.h"
#include "quorate/mvcc/key_index.h"
#include "quorate/mvcc/store.h"
#include "src/mvcc/compaction.h"
#include "src/mvcc/keys_family.h"
#include "src/mvcc/record_store.h"
#include "src/mvcc/view_gate.h"
#include "src/mvcc/writer.h"

namespace quorate::mvcc {

// What is published to readers, and counted.
struct Published {
  std::atomic<int64_t> compacted = -1;
  std::atomic<uint64_t> keys = 0;
  std::atomic<uint64_t> added_bytes = 0;
  std::atomic<uint64_t> put_bytes = 0;
  std::atomic<uint64_t> puts = 0;
  std::atomic<uint64_t> deletes = 0;
  std::atomic<uint64_t> events = 0;
};

// What readers count, and the writer with them. Apart from what they read, on a cache line of its own.
struct alignas(64) ReadCounts {
  void Add(const OperationCounts& counts) {
    if (counts.ranges > 0) ranges.fetch_add(counts.ranges, std::memory_order_relaxed);
    if (counts.txns > 0) txns.fetch_add(counts.txns, std::memory_order_relaxed);
  }

  std::atomic<uint64_t> ranges = 0;
  std::atomic<uint64_t> txns = 0;
};

struct StoreParts {
  StoreParts(storage::Database* database, StoreOptions options)
      : database(database), options(std::move(options)), records(database, this->options.cache_bytes) {}

  // Gives the cache the budget that is due with so many bytes of live records.
  void FitCache(uint64_t live_bytes) {
    constexpr uint64_t kStepBytes = 1 << 20;
    uint64_t bytes = live_bytes / StoreOptions::kCacheShare / kStepBytes * kStepBytes;
    if (bytes > options.cache_bytes) {
      const uint64_t others_bytes = StoreOptions::kOthersBytes + index.memory_bytes() / kStepBytes * kStepBytes;
      bytes = std::min(bytes, (options.memory_bytes - std::min(options.memory_bytes, others_bytes)) / 5 * 3);
    }
    records.cache().SetBudget(std::max<uint64_t>(options.cache_bytes, bytes));
  }

  storage::Database* const database;
  const StoreOptions options;
  RecordStore records;
  KeyIndex index;
  ViewGate gate;
  Published published;
  ReadCounts counts;
  std::unique_ptr<KeysFamily> keys_family;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Compaction> compaction;  // last: its thread uses the rest
};

// Fills the index from the `keys` family: every live key in its newest state; returns the bytes of their records.
// DataLoss when the family is malformed or knows revisions that the store has not reached. Leases, if given, are told
// of the keys attached to them.
absl::StatusOr<uint64_t> LoadIndex(const storage::Database& database, const Meta& meta, KeyIndex* index,
                                   LeaseKeys* leases);

absl::StatusOr<std::unique_ptr<RangeCursor>> MakeRangeCursor(StoreParts* parts, const RangeRequest& request,
                                                             size_t chunk_bytes);

absl::StatusOr<EventsRead> ReadEventHistory(StoreParts* parts, const EventsRequest& request);

absl::StatusOr<uint32_t> HashEverything(const storage::Database& database, const std::atomic<bool>* stop);

}  // namespace quorate::mvcc
