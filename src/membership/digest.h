#pragma once

// The hash that member and cluster ids are made of.

#include <cstdint>
#include <string_view>

namespace quorate::membership {

// The first 8 bytes of SHA-1 over `bytes`, big endian.
uint64_t FirstEightBytesOfSha1(std::string_view bytes);

}  // namespace quorate::membership
