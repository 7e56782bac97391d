#include "src/mvcc/index_pins.h"

#include <algorithm>

namespace quorate::mvcc::index {
namespace {

// Threads begin their search at different slots, so that each finds its own free and in its cache.
size_t FirstSlotOfThread() {
  constexpr size_t kStride = 7;  // a thread holds few views at once
  static std::atomic<size_t> threads{0};
  thread_local const size_t first = kStride * threads.fetch_add(1, std::memory_order_relaxed);
  return first;
}

}  // namespace

int64_t Pins::Keeper(int64_t born, int64_t replaced) const {
  const auto above = std::lower_bound(revisions.begin(), revisions.end(), replaced);
  if (above == revisions.begin()) return kNone;
  const int64_t highest_below = *(above - 1);
  return highest_below >= born ? highest_below : kNone;
}

PinTable::~PinTable() {
  for (Block* block = first_.next.load(); block != nullptr;) {
    Block* next = block->next.load();
    delete block;
    block = next;
  }
}

PinSlot* PinTable::PinFrom(int64_t lowest) {
  const size_t first = FirstSlotOfThread();
  for (Block* block = &first_;;) {
    for (size_t i = 0; i < kBlockSlots; ++i) {
      PinSlot& slot = block->slots[(first + i) % kBlockSlots];
      if (slot.TryPinFrom(lowest)) return &slot;
    }
    Block* next = block->next.load(std::memory_order_seq_cst);
    if (next == nullptr) {
      auto* made = new Block;
      if (block->next.compare_exchange_strong(next, made, std::memory_order_seq_cst)) {
        blocks_.fetch_add(1, std::memory_order_relaxed);
        next = made;
      } else {
        delete made;
      }
    }
    block = next;
  }
}

void PinTable::Collect(Pins* pins) const {
  pins->revisions.clear();
  pins->open_from = Pins::kNone;
  for (const Block* block = &first_; block != nullptr; block = block->next.load(std::memory_order_seq_cst)) {
    for (const PinSlot& slot : block->slots) {
      const uint64_t word = slot.word();
      if (word == PinSlot::kIdle) continue;
      if (PinSlot::IsOpen(word)) {
        pins->open_from = std::min(pins->open_from, PinSlot::Revision(word));
      } else {
        pins->revisions.push_back(PinSlot::Revision(word));
      }
    }
  }
  std::sort(pins->revisions.begin(), pins->revisions.end());
  pins->revisions.erase(std::unique(pins->revisions.begin(), pins->revisions.end()), pins->revisions.end());
}

}  // namespace quorate::mvcc::index
