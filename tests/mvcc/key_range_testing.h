#pragma once

#include <string_view>

#include "quorate/mvcc/key_range.h"

namespace quorate::mvcc {

inline KeyRange EveryKey() {
  constexpr std::string_view kNul("\0", 1);
  return KeyRange::FromRequest(kNul, kNul);
}

}  // namespace quorate::mvcc
