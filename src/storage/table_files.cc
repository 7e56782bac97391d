#include "quorate/storage/table_files.h"

#include <algorithm>
#include <memory>

#include "quorate/base/crc32c.h"

namespace quorate::storage {
namespace {

// Small enough to stay in the processor's cache between being read and being summed.
constexpr uint64_t kPieceBytes = 256 << 10;

absl::Status Damaged(const TableFile& table, const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss, table.path + ": " + what);
}

}  // namespace

absl::Status CheckTableFile(base::FileSystem& files, const TableFile& table) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, files.Open(table.path, base::OpenMode::kReadOnly));
  uint32_t sum = 0;
  uint64_t at = 0;
  while (at < table.bytes) {
    const absl::StatusOr<std::string> piece = file->ReadAt(at, std::min(kPieceBytes, table.bytes - at));
    if (!piece.ok()) return base::MakeStatus(absl::StatusCode::kDataLoss, base::MessageOf(piece.status()));
    if (piece->empty()) break;
    sum = base::Crc32c(*piece, sum);
    at += piece->size();
  }
  QUORATE_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
  if (at != table.bytes || bytes != table.bytes) {
    return Damaged(table, "has " + std::to_string(bytes) + " bytes instead of " + std::to_string(table.bytes));
  }
  if (table.crc32c.has_value() && sum != *table.crc32c) {
    return Damaged(table, "the file is not what was written: its checksum is " + std::to_string(sum) + " instead of " +
                              std::to_string(*table.crc32c));
  }
  return absl::OkStatus();
}

}  // namespace quorate::storage
