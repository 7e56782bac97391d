#pragma once

#include <vector>

#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// True when all hold. A comparison over a range holds when it holds for every key in it; over no key at all, it is made
// with zeros, and one of values fails.
absl::StatusOr<bool> AllHold(const State& state, const std::vector<Compare>& comparisons);

}  // namespace quorate::mvcc
