#pragma once

// Who reads which state: one slot per view. A reader announces what it will read before it looks; the writer, after it
// published, looks at all slots before it frees. Neither takes a lock.

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <vector>

namespace quorate::mvcc::index {

// A slot of its own cache line. Idle, one revision, or all revisions from one on.
class alignas(64) PinSlot {
 public:
  bool TryPinFrom(int64_t lowest) {
    uint64_t idle = kIdle;
    return word_.load(std::memory_order_relaxed) == kIdle &&
           word_.compare_exchange_strong(idle, Encode(lowest, true), std::memory_order_seq_cst);
  }
  // From a pin of all revisions from one on to a pin of one of these.
  void Narrow(int64_t revision) { word_.store(Encode(revision, false), std::memory_order_release); }
  void Release() { word_.store(kIdle, std::memory_order_release); }
  uint64_t word() const { return word_.load(std::memory_order_seq_cst); }

  static constexpr uint64_t kIdle = 0;
  static bool IsOpen(uint64_t word) { return (word & 1) != 0; }
  static int64_t Revision(uint64_t word) { return static_cast<int64_t>(word >> 1) - 1; }

 private:
  static uint64_t Encode(int64_t revision, bool open) {
    return static_cast<uint64_t>(revision + 1) << 1 | (open ? 1 : 0);
  }
  std::atomic<uint64_t> word_{kIdle};
};

// What is pinned at one moment.
struct Pins {
  static constexpr int64_t kNone = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> revisions;  // ascending, each once
  int64_t open_from = kNone;       // everything from here on is pinned

  // Whether a pin that is about to be narrowed keeps what is seen before `replaced`.
  bool KeptOpen(int64_t replaced) const { return replaced > open_from; }
  // Otherwise: a pinned revision that keeps what is seen in [born, replaced), or kNone.
  int64_t Keeper(int64_t born, int64_t replaced) const;
};

class PinTable {
 public:
  PinTable() = default;
  ~PinTable();
  PinTable(const PinTable&) = delete;
  PinTable& operator=(const PinTable&) = delete;

  // Any thread. Pins every revision from `lowest` on; narrow it soon. Slots come in blocks, and when all are taken one
  // more block is made, so they end with memory only; the writer's look grows with the most views ever held at once.
  PinSlot* PinFrom(int64_t lowest);
  // The writer, after it published: all that was pinned before, into `pins`.
  void Collect(Pins* pins) const;
  size_t bytes() const { return blocks_.load(std::memory_order_relaxed) * sizeof(Block); }

 private:
  static constexpr size_t kBlockSlots = 64;
  struct Block {
    std::array<PinSlot, kBlockSlots> slots;
    std::atomic<Block*> next{nullptr};
  };
  Block first_;
  std::atomic<size_t> blocks_{1};
};

}  // namespace quorate::mvcc::index
