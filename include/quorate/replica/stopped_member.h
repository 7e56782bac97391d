#pragma once

// The data of a member that is not running, for offline tools. Holds the member's lock as long as it lives. One
// thread at a time; the database is any thread's.

#include <chrono>
#include <memory>
#include <string>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

class StoppedMember {
 public:
  enum class Mode { kReadOnly, kReadWrite };
  // Waits up to `patience` (0: for ever) for a server to let go of the data. NotFound when the directory holds no
  // member, FailedPrecondition when it is etcd's or stays locked, DataLoss when a part of the store is missing, else as
  // storage::Database::Open. What the log has beyond the store is not looked at: after a crash that is what the store
  // had not flushed.
  static absl::StatusOr<StoppedMember> Open(const std::string& data_dir, Mode mode, std::chrono::nanoseconds patience);

  storage::Database& database() { return *database_; }

 private:
  std::unique_ptr<base::FileLock> lock_;
  std::unique_ptr<storage::Database> database_;
};

}  // namespace quorate::replica
