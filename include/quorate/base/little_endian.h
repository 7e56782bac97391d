#pragma once

// Numbers of a fixed size with the least significant byte first, as they lie in memory.

#include <bit>
#include <concepts>
#include <cstring>
#include <string>

namespace quorate::base {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they stand");

// Writes at `out`, which must have room for all of the number's bytes; returns the end.
template <std::unsigned_integral Integer>
char* PutLittleEndian(char* out, Integer number) {
  std::memcpy(out, &number, sizeof number);
  return out + sizeof number;
}

template <std::unsigned_integral Integer>
void AppendLittleEndian(std::string* out, Integer number) {
  out->append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Reads as many bytes at `in` as the number has.
template <std::unsigned_integral Integer>
Integer ReadLittleEndian(const char* in) {
  Integer number;
  std::memcpy(&number, in, sizeof number);
  return number;
}

}  // namespace quorate::base
