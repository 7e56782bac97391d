#pragma once

// How many operations a put or a transaction counts as (operation_counts.h).

#include <cstdint>

#include "quorate/mvcc/request.h"
#include "src/mvcc/operation_counts.h"
#include "src/mvcc/txn_path.h"

namespace quorate::mvcc {

// Whether a put looks for what was there before it.
inline bool LooksBack(const PutRequest& put) { return put.prev_kv || put.ignore_value || put.ignore_lease; }

// Adds those of the branches that a transaction takes, and its comparisons.
void CountOperations(const TxnRequest& request, const TxnPath& path, uint64_t comparisons, OperationCounts* counts);

}  // namespace quorate::mvcc
