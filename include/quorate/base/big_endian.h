#pragma once

// Numbers of a fixed size with the most significant byte first: their bytes sort as they do.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

namespace quorate::base {

// Writes at `out`, which must have room for all of the number's bytes; returns the end.
template <std::unsigned_integral Integer>
char* PutBigEndian(char* out, Integer number) {
  for (int shift = 8 * (sizeof number - 1); shift >= 0; shift -= 8) *out++ = static_cast<char>(number >> shift);
  return out;
}

template <std::unsigned_integral Integer>
void AppendBigEndian(std::string* out, Integer number) {
  char bytes[sizeof number];
  out->append(bytes, PutBigEndian(bytes, number) - bytes);
}

template <std::unsigned_integral Integer>
std::string BigEndian(Integer number) {
  std::string bytes;
  AppendBigEndian(&bytes, number);
  return bytes;
}

// Reads as many bytes at `in` as the number has.
template <std::unsigned_integral Integer>
Integer ReadBigEndian(const char* in) {
  Integer number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number = number << 8 | static_cast<uint8_t>(in[i]);
  return number;
}

}  // namespace quorate::base
