#pragma once

// Hashes over a store that is not open, for offline tools. Of an open one ask mvcc::Store.

#include <atomic>
#include <cstdint>

#include "quorate/base/status.h"
#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

// As Store::HashKV, of what the database holds: what the log has beyond it is not in. It is only read.
absl::StatusOr<HashResult> HashHistory(const storage::Database& database, int64_t revision,
                                       const std::atomic<bool>* stop = nullptr);

}  // namespace quorate::mvcc
