#pragma once

// What execution leaves in the `meta` family beside the store's own: up to which entry the log is in it; and the
// payload of the one command that is the replica's own.

#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/membership/membership.h"
#include "quorate/raft/types.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

// The applied position as stored in the meta family with every batch.
struct AppliedPosition {
  raft::Index index = 0;
  raft::Term term = 0;
};
void SaveApplied(const AppliedPosition& position, storage::WriteBatch& batch);
absl::StatusOr<AppliedPosition> LoadApplied(const storage::Database& database);

// The payload of CommandType::kMemberAttributes.
std::string EncodeMemberAttributes(const membership::Member& member);
bool DecodeMemberAttributes(std::string_view bytes, membership::Member* member);

}  // namespace quorate::replica
