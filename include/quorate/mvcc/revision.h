#pragma once

#include <compare>
#include <cstdint>

namespace quorate::mvcc {

// A place in history: `main` counts transactions that changed something, `sub` the changes inside one.
struct Revision {
  int64_t main = 0;
  int64_t sub = 0;

  friend auto operator<=>(const Revision&, const Revision&) = default;
};

}  // namespace quorate::mvcc
