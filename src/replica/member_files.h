#pragma once

// A member's files, opened and found to belong together: <data-dir>/member/{lock,identity,store/,wal/}.

#include <memory>
#include <string>

#include "quorate/base/file_system.h"
#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"
#include "quorate/membership/membership.h"
#include "quorate/mvcc/store.h"
#include "quorate/replica/replica.h"
#include "quorate/storage/database.h"
#include "quorate/wal/wal.h"
#include "src/replica/applied_position.h"

namespace quorate::replica {

struct MemberFiles {
  std::unique_ptr<base::FileLock> lock;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<lease::Lessor> lessor;
  std::unique_ptr<lease::Leases> leases;
  std::unique_ptr<mvcc::Store> store;
  std::unique_ptr<wal::Wal> wal;
  membership::Cluster cluster;
  AppliedPosition applied;
  std::vector<Alarm> alarms;
  wal::Recovered recovered;
};

// Opens them, or creates them on a first start. An error is one line that says what and what to do.
absl::StatusOr<MemberFiles> OpenMemberFiles(const ReplicaOptions& options, base::FileSystem& files);

}  // namespace quorate::replica
