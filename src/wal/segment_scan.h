#pragma once

// Walks the records of one segment at recovery and says how it ends.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "src/wal/record.h"
#include "src/wal/segment.h"

namespace quorate::wal {

// Reads a file through a window, so that small steps do not each cost a read.
class FileWindow {
 public:
  FileWindow(base::File& file, uint64_t file_bytes) : file_(file), file_bytes_(file_bytes) {}
  uint64_t file_bytes() const { return file_bytes_; }
  // A view of [offset, offset + length), which must lie in the file; valid until the next call.
  absl::StatusOr<std::string_view> View(uint64_t offset, uint64_t length);

 private:
  static constexpr uint64_t kWindowBytes = 1 << 20;

  base::File& file_;
  const uint64_t file_bytes_;
  uint64_t begin_ = 0;
  std::string bytes_;
};

struct SegmentEnd {
  uint64_t offset = 0;  // where the next record goes
  uint64_t synced = 0;  // up to where a record or mark says that everything was synced
  uint32_t chain = 0;   // digest of the last record
  uint32_t next_write_number = 1;
  bool sealed = false;
  bool torn = false;  // writes that were never synced lie behind the end
};

// Asks a walk for the digest of the record that ends at `offset`; stays empty when none does.
struct ChainProbe {
  uint64_t offset = 0;
  std::optional<uint32_t> chain = {};
};

// Called for each whole record in order, with its place in the file. An error ends the walk.
using RecordVisitor = std::function<absl::Status(uint64_t offset, uint32_t sectors, std::string_view items)>;

// Walks the segment. DataLoss, with file and offset, when what was synced is damaged or missing. `*end` is where the
// whole records end; everything behind it was never synced. `probe` may be null.
absl::Status ScanSegment(const Segment& segment, const RecordVisitor& visit, SegmentEnd* end, ChainProbe* probe);

// DataLoss that names file and offset.
absl::Status Damage(const std::string& path, uint64_t offset, std::string_view what);

}  // namespace quorate::wal
