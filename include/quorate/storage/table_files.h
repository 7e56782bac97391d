#pragma once

// The files in which a store keeps its records, and whether they are still what was written.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"

namespace quorate::storage {

struct TableFile {
  std::string path;
  uint64_t number = 0;  // newer files have higher ones
  uint64_t bytes = 0;
  std::optional<uint32_t> crc32c;  // of the whole file; absent when a version wrote it that took none
};

// Reads the whole file. DataLoss, with the file named, when it is not as it was written or cannot be read; NotFound
// when it is not there. Any thread; takes as long as reading takes.
absl::Status CheckTableFile(base::FileSystem& files, const TableFile& table);

}  // namespace quorate::storage
