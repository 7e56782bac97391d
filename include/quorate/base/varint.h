#pragma once

// Reading the varints of our own stored forms off the front of a view. (wire.h writes them, and reads whole messages.)

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quorate::base {

inline constexpr size_t kVarintBytesMax = 10;

// Takes one varint off the front. False, with the view unchanged, when it is cut off or too long.
inline bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  uint64_t number = 0;
  for (size_t i = 0; i < kVarintBytesMax && i < bytes->size(); ++i) {
    const auto byte = static_cast<uint8_t>((*bytes)[i]);
    number |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes->remove_prefix(i + 1);
      *value = number;
      return true;
    }
  }
  return false;
}

}  // namespace quorate::base
