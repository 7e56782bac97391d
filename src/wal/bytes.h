#pragma once

// Fixed-width little-endian numbers.

#include <bit>
#include <cstdint>
#include <cstring>

namespace quorate::wal {

static_assert(std::endian::native == std::endian::little, "the log's numbers are copied as they lie in memory");

template <typename Number>
void StoreNumber(char* at, Number value) {
  std::memcpy(at, &value, sizeof(value));
}

template <typename Number>
Number LoadNumber(const char* at) {
  Number value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

}  // namespace quorate::wal
