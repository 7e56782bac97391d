#include "quorate/base/crc32c.h"

#include <array>
#include <cstddef>

#include "quorate/base/little_endian.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace quorate::base {
namespace {

constexpr uint32_t kReflectedPolynomial = 0x82f63b78;

// tables[k][b]: the remainder of byte b followed by k zero bytes, so that eight bytes are folded in one step.
constexpr std::array<std::array<uint32_t, 256>, 8> MakeTables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kReflectedPolynomial : 0);
    tables[0][byte] = remainder;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
    }
  }
  return tables;
}

constexpr auto kTables = MakeTables();

uint32_t ExtendByTable(uint32_t crc, const char* at, size_t length) {
  for (; length >= 8; at += 8, length -= 8) {
    const uint64_t word = ReadLittleEndian<uint64_t>(at) ^ crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= kTables[7 - k][word >> (8 * k) & 0xff];
  }
  for (; length > 0; ++at, --length) crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 0xff];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t ExtendByInstruction(uint32_t crc, const char* at, size_t length) {
  uint64_t wide = crc;
  for (; length >= 8; at += 8, length -= 8) wide = _mm_crc32_u64(wide, ReadLittleEndian<uint64_t>(at));
  crc = static_cast<uint32_t>(wide);
  for (; length > 0; ++at, --length) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*at));
  return crc;
}
#endif

using Extend = uint32_t (*)(uint32_t crc, const char* at, size_t length);

Extend Choose() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return ExtendByInstruction;
#endif
  return ExtendByTable;
}

}  // namespace

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
  static const Extend extend = Choose();
  return ~extend(~crc, bytes.data(), bytes.size());
}

uint32_t Crc32cPortable(std::string_view bytes, uint32_t crc) {
  return ~ExtendByTable(~crc, bytes.data(), bytes.size());
}

}  // namespace quorate::base
