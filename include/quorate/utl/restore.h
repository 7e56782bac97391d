#pragma once

// Makes a member's data directory out of a saved snapshot, etcd's own (3.4 to 3.7) or ours, which is of the same form.
//
// Kept: every key with its history as far as the source had it (revisions, versions, deletions), what was compacted,
// leases, and the alarms that were raised. Not kept, as in etcd: who the members were. A lease has its full time again.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/replica/restore.h"

namespace quorate::utl {

struct RestoreOptions {
  std::string snapshot;  // path
  replica::NewMemberOptions member;
  // Do not insist on the SHA-256 behind a saved snapshot: for a copy of etcd's member/snap/db. The structure of the
  // file is checked instead.
  bool skip_hash_check = false;
  // Added to the latest revision, which then counts as compacted, so that clients of the lost cluster never see
  // revisions fall. 0: nothing of that.
  uint64_t bump_revision = 0;
};

struct Restored {
  int64_t revision = 0;
  int64_t compacted_revision = -1;
  uint64_t keys = 0;
  uint64_t changes = 0;
  uint64_t leases = 0;
  std::vector<replica::Alarm> alarms;
  uint64_t dropped_users_and_roles = 0;  // of a source in which authentication is off
};

enum class RestoreStage { kVerify, kRestore };
// Called now and then with how much of the stage's bytes is done.
using RestoreProgress = std::function<void(RestoreStage stage, uint64_t done_bytes, uint64_t total_bytes)>;

// Leaves either a whole directory or nothing. Errors name the file, or the directory, and what is wrong with it.
// Unimplemented when the source has authentication on: its data must not become readable for everybody.
absl::StatusOr<Restored> RestoreSnapshot(const RestoreOptions& options, const RestoreProgress& progress = nullptr);

}  // namespace quorate::utl
