#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

#include "quorate/base/check.h"

namespace quorate::base {

// How many descriptors the process may have, at most a million: no limit is told as that.
inline uint64_t DescriptorLimit() {
  constexpr rlim_t kAnyMax = 1 << 20;
  rlimit limit = {};
  QUORATE_CHECK(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  return std::min(limit.rlim_cur, kAnyMax);
}

}  // namespace quorate::base
