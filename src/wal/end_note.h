#pragma once

// Up to where the log was synced, in a file beside it: a log that ends before has lost what was acknowledged, though
// nothing in it shows that, because its last file is an older copy of itself or another log's. The note itself is never
// synced: after a power failure it may be old, never ahead.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"

namespace quorate::wal {

struct LogEnd {
  uint64_t sequence = 0;  // of the segment
  uint64_t offset = 0;    // in it
  uint32_t chain = 0;     // digest of the record before
};

// Not thread-safe.
class EndNote {
 public:
  // The later of the ends that stand in the file; nullopt when there is no file or nothing whole in it.
  static absl::StatusOr<std::optional<LogEnd>> Read(base::FileSystem& files, const std::string& path);

  EndNote(base::FileSystem* files, std::string path) : files_(files), path_(std::move(path)) {}
  // Forgets what a former log left.
  absl::Status Clear();
  // What cannot be written is left out, and logged once: the note then says less than it could.
  void Write(const LogEnd& end);

 private:
  absl::Status TryWrite(const LogEnd& end);

  base::FileSystem* const files_;
  const std::string path_;
  std::unique_ptr<base::File> file_;
  uint64_t writes_ = 0;
  bool told_ = false;
};

}  // namespace quorate::wal
