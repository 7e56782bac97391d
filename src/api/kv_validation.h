#pragma once

// What etcd checks of a KV request before it looks at any state: the same checks in the same order, so that a request
// with several faults gets the same error.

#include <cstdint>

#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"

namespace quorate::api {

absl::Status CheckRange(const mvcc::RangeRequest& request);
// A stream has no sort orders and no revision filters: UNIMPLEMENTED.
absl::Status CheckRangeStream(const mvcc::RangeRequest& request);
absl::Status CheckPut(const mvcc::PutRequest& request);
absl::Status CheckDeleteRange(const mvcc::DeleteRangeRequest& request);
// At most `ops_max` comparisons or operations in a branch, those of the enclosing transactions counted; no key written
// twice.
absl::Status CheckTxn(const mvcc::TxnRequest& request, uint32_t ops_max);

// Whether etcd runs the (read-only) transaction without confirming leadership: every operation is a serializable range.
bool IsSerializable(const mvcc::TxnRequest& request);

}  // namespace quorate::api
