#pragma once

// What a record counts for in the store's size. The index remembers the size of every key's record in 16 bits, so sizes
// are rounded up to what those can say - where they are added and where they are taken away alike, so that the account
// stays exact in its own measure, and the same on every member.

#include <bit>
#include <cstdint>

namespace quorate::mvcc {

// Mantissa bits of a size class: sizes below 2^11 are exact, others at most one part in 1024 too large.
inline constexpr int kSizeMantissaBits = 11;

// Of a record of this many bytes with a key of this many: the record, its entry in `keys` and what both cost beside.
constexpr uint16_t SizeClassOf(uint64_t record_bytes, uint64_t key_bytes) {
  constexpr uint64_t kBookkeepingBytes = 48;
  const uint64_t size = record_bytes + key_bytes + kBookkeepingBytes;
  const int shift = static_cast<int>(std::bit_width(size)) - kSizeMantissaBits;
  if (shift <= 0) return static_cast<uint16_t>(size);
  uint64_t mantissa = (size + (uint64_t{1} << shift) - 1) >> shift;
  int exponent = shift;
  if (mantissa == uint64_t{1} << kSizeMantissaBits) {
    mantissa >>= 1;
    ++exponent;
  }
  return static_cast<uint16_t>(exponent << kSizeMantissaBits | static_cast<int>(mantissa));
}

constexpr uint64_t BytesOfClass(uint16_t size_class) {
  const uint64_t mantissa = size_class & ((1u << kSizeMantissaBits) - 1);
  return mantissa << (size_class >> kSizeMantissaBits);
}

}  // namespace quorate::mvcc
