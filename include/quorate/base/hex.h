#pragma once

// Numbers as they are told of ids and checksums.

#include <charconv>
#include <cstdint>
#include <string>

namespace quorate::base {

// Lower case, without leading zeros.
inline std::string Hex(uint64_t number) {
  char digits[16];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

// All sixteen digits.
inline std::string PaddedHex(uint64_t number) {
  const std::string digits = Hex(number);
  return std::string(16 - digits.size(), '0') + digits;
}

}  // namespace quorate::base
