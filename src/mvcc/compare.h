#pragma once

#include <cstdint>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// True when all hold. A comparison over a range holds when it holds for every key in it; over no key at all, it is made
// with zeros, and one of values fails. The first that does not hold is the last that is made; `made` grows by their
// number.
absl::StatusOr<bool> AllHold(const State& state, const std::vector<Compare>& comparisons, uint64_t* made);

}  // namespace quorate::mvcc
