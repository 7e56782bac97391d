#pragma once

// What the writer replaced and readers may still look at: nodes, key items and roots, each freed once no pin lies in
// the revisions [born, replaced) that show it. The writer's own, but for the byte count.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "src/mvcc/index_pins.h"
#include "src/mvcc/index_tree.h"

namespace quorate::mvcc::index {

// Counted by one thread, read by any.
class ByteCounter {
 public:
  void Add(size_t bytes) { Set(value() + bytes); }
  void Subtract(size_t bytes) { Set(value() - bytes); }
  size_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  void Set(size_t value) { value_.store(value, std::memory_order_relaxed); }
  std::atomic<size_t> value_{0};
};

class Reclaimer {
 public:
  // `live` loses what is freed.
  explicit Reclaimer(ByteCounter* live) : live_(live) {}
  ~Reclaimer();  // frees all that is left
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;

  // Takes what revisions from `replaced` on do not show.
  void Retire(Node* node, int64_t replaced);
  void Retire(const Item* item, int64_t replaced);
  void Retire(const Root* root, int64_t replaced);

  // After publishing: frees what no pin keeps. Each call does a bounded part of the work, more than what one batch
  // retires, so that what a long-held view kept goes piece by piece and not in one stall.
  void Reclaim(const Pins& pins);
  // Bytes retired and not freed.
  size_t bytes() const { return retired_bytes_; }

 private:
  enum class Kind : uintptr_t { kNode = 0, kItem = 1, kRoot = 2 };
  struct Retired {
    uintptr_t tagged;  // the address, and the kind in its low bits
    int64_t replaced;
    Kind kind() const { return static_cast<Kind>(tagged & 3); }
    void* address() const { return reinterpret_cast<void*>(tagged & ~uintptr_t{3}); }
  };
  void Add(const void* address, Kind kind, size_t bytes, int64_t replaced);
  static size_t Bytes(const Retired& retired);
  void Free(const Retired& retired);

  ByteCounter* live_;
  size_t retired_bytes_ = 0;
  std::vector<Retired> fresh_;                       // since the last Reclaim
  std::deque<std::vector<Retired>> backlog_;         // to be looked at
  std::map<int64_t, std::vector<Retired>> kept_by_;  // by the pinned revision that keeps them
};

}  // namespace quorate::mvcc::index
