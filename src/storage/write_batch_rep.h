#pragma once

// The inside of a WriteBatch: RocksDB's batch, and where it begins in each family, by which BatchBehind knows what it
// cannot hold. One thread at a time.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "quorate/base/big_endian.h"
#include "quorate/storage/database.h"
#include "rocksdb/write_batch.h"
#include "src/storage/families.h"

namespace quorate::storage {

inline constexpr uint64_t kNoKey = std::numeric_limits<uint64_t>::max();

// Of the first bytes of a key, below kNoKey: never less than that of a key before it.
inline uint64_t OrderOf(std::string_view key) {
  char bytes[sizeof(uint64_t)] = {};
  std::memcpy(bytes, key.data(), std::min(key.size(), sizeof bytes));
  return std::min(base::ReadBigEndian<uint64_t>(bytes), kNoKey - 1);
}

struct WriteBatch::Rep {
  Rep() { lowest.fill(kNoKey); }
  void Note(Family family, std::string_view key) {
    uint64_t& order = lowest[FamilyId(family)];
    order = std::min(order, OrderOf(key));
  }

  rocksdb::WriteBatch batch;
  std::array<uint64_t, kFamilies> lowest;  // OrderOf each family's first key here; kNoKey: none of it is
};

}  // namespace quorate::storage
