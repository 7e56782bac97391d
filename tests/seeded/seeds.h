#pragma once

// The seeds of tests of chance in a module's tests, which are the same every time unless the environment says
// otherwise:
//
//   QUORATE_SEED=<n>       from that one on, as many as usual
//   QUORATE_SEED=<n>-<m>   those

#include <cstdint>
#include <optional>

namespace quorate {

// Both belong to it.
struct SeedRange {
  uint64_t first = 0;
  uint64_t last = 0;
};

// What $QUORATE_SEED says, nothing where it says nothing; `count` is how many are usual.
std::optional<SeedRange> SeedsOfEnvironment(uint64_t count);

// From 1 to `count`, or those of the environment.
SeedRange Seeds(uint64_t count);

}  // namespace quorate
