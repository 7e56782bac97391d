#pragma once

// What requests that change something will take of memory, found before they are executed, as afterwards there is no
// way back: the records they answer with, and the values they keep.

#include <cstdint>

#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/effort.h"
#include "src/mvcc/state.h"
#include "src/mvcc/txn_path.h"

namespace quorate::mvcc {

// Takes what a put beside its own bytes will take of memory from `budget`: the record it answers with (prev_kv), and
// the copies that are made of a value it keeps (ignore_value). Too many requests when it is more, and then takes
// nothing.
// Returns the bytes of the value it keeps, 0 where it keeps none.
absl::StatusOr<uint64_t> WeighPut(const State& state, const PutRequest& request, uint64_t* budget);

// The same of the branches that a transaction takes, but that it fails for want of effort, too, and what it took is not
// given back. What the transaction puts itself is counted with every range that may find it, and behind a limit those
// that what it has changed of the range by then may have brought before it.
absl::Status WeighTxn(const State& state, const TxnRequest& request, const TxnPath& path, uint64_t* budget,
                      Effort* effort);

}  // namespace quorate::mvcc
