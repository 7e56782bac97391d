#pragma once

// A map by lease id in many parts, each with its own lock: loops that renew leases and the thread that executes
// commands seldom meet, and a part that grows moves few entries at a time.

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "quorate/base/mutex.h"

namespace quorate::lease {

template <typename Part>
class Shards {
 public:
  static constexpr int kBits = 6;
  static constexpr size_t kCount = size_t{1} << kBits;

  struct alignas(64) Shard : Part {
    mutable base::Mutex mutex;  // guards the part
  };

  Shard& Of(int64_t lease) { return shards_[IndexOf(lease)]; }
  const Shard& Of(int64_t lease) const { return shards_[IndexOf(lease)]; }
  auto begin() { return shards_.begin(); }
  auto end() { return shards_.end(); }
  auto begin() const { return shards_.begin(); }
  auto end() const { return shards_.end(); }

 private:
  // Ids often count up; multiplied, they spread over all parts.
  static size_t IndexOf(int64_t lease) { return (static_cast<uint64_t>(lease) * 0x9e3779b97f4a7c15) >> (64 - kBits); }

  std::array<Shard, kCount> shards_;
};

}  // namespace quorate::lease
