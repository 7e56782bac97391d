#pragma once

// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the CPU's instruction where there is one.

#include <cstdint>
#include <string_view>

namespace quorate::base {

// Extends `crc` (0 to begin) over `bytes`: Crc32c(b, Crc32c(a)) == Crc32c(a + b).
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

// The same without the instruction; for machines that lack it, and for tests that hold one against the other.
uint32_t Crc32cPortable(std::string_view bytes, uint32_t crc = 0);

}  // namespace quorate::base
