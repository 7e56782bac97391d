#pragma once

// What execution leaves in the `meta` family beside the store's own: up to which entry the log is in it.

#include "quorate/base/status.h"
#include "quorate/raft/types.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

// Stored with every batch.
struct AppliedPosition {
  raft::Index index = 0;
  raft::Term term = 0;
};
void SaveApplied(const AppliedPosition& position, storage::WriteBatch& batch);
absl::StatusOr<AppliedPosition> LoadApplied(const storage::Database& database);

}  // namespace quorate::replica
