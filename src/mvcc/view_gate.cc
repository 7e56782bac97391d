#include "src/mvcc/view_gate.h"

namespace quorate::mvcc {
namespace {

// Threads are dealt out over the slots in the order they come.
uint16_t NextSlot(size_t slots) {
  static std::atomic<uint32_t> next = 0;
  thread_local const uint32_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return static_cast<uint16_t>(mine % slots);
}

}  // namespace

ViewGate::Ticket ViewGate::Enter() {
  Ticket ticket;
  ticket.slot = NextSlot(kSlots);
  Slot& slot = slots_[ticket.slot];
  while (true) {
    const uint64_t generation = generation_.load();
    ticket.side = static_cast<uint16_t>(generation & 1);
    slot.inside[ticket.side].fetch_add(1);
    // When the sides were changed in between, Drained may have looked at the slot before we were counted.
    if (generation_.load() == generation) return ticket;
    slot.inside[ticket.side].fetch_sub(1);
  }
}

void ViewGate::Leave(Ticket ticket) { slots_[ticket.slot].inside[ticket.side].fetch_sub(1); }

void ViewGate::StartWaiting() { generation_.fetch_add(1); }

bool ViewGate::Drained() const {
  const size_t former = (generation_.load() & 1) ^ 1;
  for (const Slot& slot : slots_) {
    if (slot.inside[former].load() != 0) return false;
  }
  return true;
}

}  // namespace quorate::mvcc
