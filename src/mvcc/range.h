#pragma once

// How a list is made: which keys, in which order, how many, and what their records may weigh together.

#include <cstdint>

#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// What an answer may weigh, and what all those may that a writer gives before its budget is renewed, with what it
// writes of kept values: as much as all the answers that clients have not taken yet may together
// (docs/operations.md#overload), for more is refused there anyway.
inline constexpr uint64_t kAnswerBytesMax = uint64_t{1} << 30;

// Field numbers of RangeResponse.
inline constexpr uint32_t kKvsField = 2;
inline constexpr uint32_t kMoreField = 3;
inline constexpr uint32_t kCountField = 4;

// A RangeResponse without its header. The rules of what is fetched, filtered, sorted and cut, and in which order, are
// etcd's: with a limit, no order and a target that is not the key, the first keys are fetched and only those sorted.
// What the records weigh, by the index, is taken from `budget`; when it is more than that, the answer is too many
// requests, and none of them was read.
absl::StatusOr<base::Payload> ExecuteRange(const State& state, const RangeRequest& request, uint64_t* budget);

// Takes what the records of such an answer weigh from `budget` without reading them; fails as ExecuteRange does, and
// then takes nothing.
absl::Status WeighRange(const State& state, const RangeRequest& request, uint64_t* budget);

// OK when the revision may be read in `state`, else the API's error.
absl::Status CheckRevision(const State& state, int64_t revision);

// Appends a KeyValue as field `field`: from a stored record, or from the index alone.
void AppendRecord(uint32_t field, base::Buffer record, base::Payload* out);
void AppendKeyOnly(uint32_t field, std::string_view key, const KeyState& state, bool with_lease, base::Payload* out);

}  // namespace quorate::mvcc
