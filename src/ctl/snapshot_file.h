#pragma once

// A snapshot on its way to disk. It has its name only once it is whole: until then it is beside it as <name>.part.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "quorate/base/sha256.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

class SnapshotFile {
 public:
  // Makes the partial file, readable by its owner alone; one that is left from before is written over, one that
  // another process is writing is not touched.
  static absl::StatusOr<std::unique_ptr<SnapshotFile>> Create(const std::string& path);
  // Removes the partial file if the snapshot was not completed.
  ~SnapshotFile();

  absl::Status Append(std::string_view bytes);
  // Checks that the last 32 bytes are the SHA-256 of all before them, makes the file durable and gives it its name.
  absl::Status Complete();

  const std::string& partial_path() const { return partial_path_; }
  uint64_t size() const { return size_; }

 private:
  SnapshotFile(const std::string& path, int descriptor);
  absl::Status CheckTrailer();

  const std::string path_;
  const std::string partial_path_;
  const int descriptor_;  // locked, so that no other process writes to it
  uint64_t size_ = 0;
  std::string tail_;  // the last bytes, which may be the trailer
  base::Sha256 digest_;
  bool complete_ = false;
};

}  // namespace quorate::ctl
