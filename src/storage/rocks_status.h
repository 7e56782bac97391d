#pragma once

#include <string_view>

#include "quorate/base/status.h"
#include "rocksdb/status.h"

namespace quorate::storage {

// RocksDB's status as ours, `what` before its text: a full disk is ResourceExhausted, want of descriptors or memory
// base::WantOfDescriptorsOrMemory, a read-only disk PermissionDenied, damage is DataLoss, a lock held by another
// process is FailedPrecondition, a path that is not there NotFound, anything else Unavailable (do not trust what was
// being written). RocksDB's own text names the file.
absl::Status ToStatus(const rocksdb::Status& status, std::string_view what);

}  // namespace quorate::storage
