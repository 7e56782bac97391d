#pragma once

// Lets garbage removal wait for the readers who may still want what it removes, and for no others.
//
// A reader enters before it looks at the compacted revision, and so sees either the new one, or the old one and is
// waited for. Entering and leaving are one atomic addition each, spread over several cache lines.

#include <array>
#include <atomic>
#include <cstdint>

namespace quorate::mvcc {

class ViewGate {
 public:
  struct Ticket {
    uint16_t slot = 0;
    uint16_t side = 0;
  };

  // Any thread; the ticket may be given back on another one.
  Ticket Enter();
  void Leave(Ticket ticket);

  // One thread only. From the first call of StartWaiting on, Drained tells whether everyone who had entered before it
  // has left. Start again only when drained.
  void StartWaiting();
  bool Drained() const;

 private:
  static constexpr size_t kSlots = 16;
  struct alignas(64) Slot {
    std::array<std::atomic<int64_t>, 2> inside{};
  };

  std::array<Slot, kSlots> slots_;
  std::atomic<uint64_t> generation_ = 0;  // its parity is the side that readers enter on
};

}  // namespace quorate::mvcc
