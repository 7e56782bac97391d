#pragma once

// Which changes are executed so soon that an event loop may lend its thread for them
// (docs/decisions/0007-lent-threads.md): its other connections wait meanwhile.

#include <cstddef>
#include <cstdint>

#include "quorate/mvcc/request.h"

namespace quorate::api {

// Comparisons and operations of a transaction, both branches counted: a few microseconds each. Kubernetes has three.
inline constexpr size_t kShortTxnOperationsMax = 16;
// Of values that are kept, and so written anew: a fraction of a millisecond.
inline constexpr uint64_t kShortKeptBytesMax = 64 << 10;

// `kept_bytes`: of the values it keeps. A range may have any number of keys, and a key's past may be far.
bool IsShort(const mvcc::PutRequest& request, uint64_t kept_bytes);
bool IsShort(const mvcc::DeleteRangeRequest& request);
bool IsShort(const mvcc::TxnRequest& request, uint64_t kept_bytes);

}  // namespace quorate::api
