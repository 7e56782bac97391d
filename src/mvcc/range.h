#pragma once

#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// A RangeResponse without its header. The rules of what is fetched, filtered, sorted and cut, and in which order, are
// etcd's: with a limit, no order and a target that is not the key, the first keys are fetched and only those sorted.
absl::StatusOr<base::Payload> ExecuteRange(const State& state, const RangeRequest& request);

// OK when the revision may be read in `state`, else the API's error.
absl::Status CheckRevision(const State& state, int64_t revision);

// True when `count` is what an empty or inverted range has, without a look.
inline bool IsEmptyRange(const KeyRange& range) {
  return !range.single && !range.unbounded && range.end <= range.begin;
}

// Appends a KeyValue as field `field`: from a stored record, or from the index alone.
void AppendRecord(uint32_t field, const base::Buffer& record, base::Payload* out);
void AppendKeyOnly(uint32_t field, std::string_view key, const KeyState& state, bool with_lease, base::Payload* out);

}  // namespace quorate::mvcc
