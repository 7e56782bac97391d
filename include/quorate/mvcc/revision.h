#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace quorate::mvcc {

// A place in history: `main` counts transactions that changed something, `sub` the changes inside one.
struct Revision {
  int64_t main = 0;
  int64_t sub = 0;

  friend auto operator<=>(const Revision&, const Revision&) = default;
};

// "7/0", for messages.
inline std::string Text(Revision revision) {
  return std::to_string(revision.main) + "/" + std::to_string(revision.sub);
}

// The highest that a store can hold, a revision a microsecond for nine years: an index record has so many bits for the
// one that its key was created at. A sub revision has four bytes in the `keys` family.
inline constexpr int kRevisionBits = 48;
inline constexpr int64_t kRevisionMax = (int64_t{1} << kRevisionBits) - 1;
inline constexpr int64_t kSubRevisionMax = (int64_t{1} << 32) - 1;

}  // namespace quorate::mvcc
