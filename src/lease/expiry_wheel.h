#pragma once

// When to look at which lease: slots of time, each a list of ids. An entry only says that its lease is worth a look
// then; whoever looks decides, and files it again.

#include <array>
#include <cstdint>
#include <vector>

namespace quorate::lease {

class ExpiryWheel {
 public:
  static constexpr int64_t kSlotMs = 128;
  // What lies further off than all slots (a minute) is looked at then and filed again. So what a revoked lease leaves
  // here goes within that time, too.
  static constexpr int64_t kSlots = 512;

  explicit ExpiryWheel(int64_t now_ms) : now_slot_(now_ms / kSlotMs) {}

  // A lease to look at no earlier than `due_ms`, if that is not beyond the last slot. Returns when it will come up.
  int64_t Add(int64_t lease, int64_t due_ms);
  // Appends all whose time has come.
  void Advance(int64_t now_ms, std::vector<int64_t>* due);
  void Clear();

 private:
  std::array<std::vector<int64_t>, kSlots> slots_;
  int64_t now_slot_;  // everything in it and before is taken
};

}  // namespace quorate::lease
