#pragma once

// `member/identity` in the data directory: whose data this is, readable before anything else is opened, so that a wrong
// flag is noticed while nothing has been touched. Text, one "name value" a line, the last a CRC-32C over the others.

#include <optional>
#include <string>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"

namespace quorate::replica {

struct DataIdentity {
  // False until store and log exist: a first start that was interrupted begins again.
  bool complete = false;
  std::string name;
  std::string token;
  uint64_t cluster_id = 0;
  uint64_t member_id = 0;
};

// nullopt: there is none. DataLoss when it is damaged, FailedPrecondition when a newer version wrote it.
absl::StatusOr<std::optional<DataIdentity>> ReadIdentity(base::FileSystem& files, const std::string& directory);
// Replaces it atomically and durably.
absl::Status WriteIdentity(base::FileSystem& files, const std::string& directory, const DataIdentity& identity);

}  // namespace quorate::replica
