#pragma once

// SipHash-1-3: a hash of which nobody finds collisions who does not know its key. For hash tables whose keys others
// choose. https://www.aumasson.jp/siphash/siphash.pdf

#include <cstdint>
#include <string_view>

namespace quorate::base {

struct SipKey {
  uint64_t first = 0;
  uint64_t second = 0;

  // Drawn anew by each process, the same all its life. Any thread.
  static const SipKey& OfProcess();
};

uint64_t SipHash13(const SipKey& key, std::string_view bytes);

}  // namespace quorate::base
