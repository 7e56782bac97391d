#include "src/wal/end_note.h"

#include <cstring>

#include "quorate/base/crc32c.h"
#include "quorate/base/little_endian.h"
#include "quorate/base/logging.h"
#include "src/wal/sector.h"

namespace quorate::wal {
namespace {

// Two places, used in turn: one that was cut short by a crash leaves the other. A sector each.
constexpr int kPlaces = 2;
constexpr char kMagic[] = "quorate end\0\0\0\0\1";  // ends with the version
constexpr size_t kMagicBytes = sizeof(kMagic) - 1;
constexpr size_t kNumbersAt = kMagicBytes;
constexpr size_t kChecksumAt = kNumbersAt + 2 * sizeof(uint64_t) + sizeof(uint32_t);
constexpr size_t kNoteBytes = kChecksumAt + sizeof(uint32_t);

std::string Encode(const LogEnd& end) {
  std::string bytes(kNoteBytes, '\0');
  std::memcpy(bytes.data(), kMagic, kMagicBytes);
  base::PutLittleEndian(bytes.data() + kNumbersAt, end.sequence);
  base::PutLittleEndian(bytes.data() + kNumbersAt + 8, end.offset);
  base::PutLittleEndian(bytes.data() + kNumbersAt + 16, end.chain);
  base::PutLittleEndian(bytes.data() + kChecksumAt, base::Crc32c(std::string_view(bytes).substr(0, kChecksumAt)));
  return bytes;
}

std::optional<LogEnd> Decode(std::string_view bytes) {
  if (bytes.size() < kNoteBytes || bytes.substr(0, kMagicBytes) != std::string_view(kMagic, kMagicBytes)) {
    return std::nullopt;
  }
  if (base::ReadLittleEndian<uint32_t>(bytes.data() + kChecksumAt) != base::Crc32c(bytes.substr(0, kChecksumAt))) {
    return std::nullopt;
  }
  return LogEnd{base::ReadLittleEndian<uint64_t>(bytes.data() + kNumbersAt),
                base::ReadLittleEndian<uint64_t>(bytes.data() + kNumbersAt + 8),
                base::ReadLittleEndian<uint32_t>(bytes.data() + kNumbersAt + 16)};
}

bool IsLater(const LogEnd& one, const LogEnd& other) {
  return one.sequence != other.sequence ? one.sequence > other.sequence : one.offset > other.offset;
}

}  // namespace

absl::StatusOr<std::optional<LogEnd>> EndNote::Read(base::FileSystem& files, const std::string& path) {
  std::optional<LogEnd> found;
  if (!files.Exists(path)) return found;
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<base::File> file, files.Open(path, base::OpenMode::kReadOnly));
  for (uint64_t place = 0; place < kPlaces; ++place) {
    QUORATE_ASSIGN_OR_RETURN(const std::string bytes, file->ReadAt(place * kSectorBytes, kNoteBytes));
    const std::optional<LogEnd> end = Decode(bytes);
    if (end.has_value() && (!found.has_value() || IsLater(*end, *found))) found = end;
  }
  return found;
}

absl::Status EndNote::Clear() {
  file_.reset();
  return files_->Exists(path_) ? files_->Remove(path_) : absl::OkStatus();
}

absl::Status EndNote::TryWrite(const LogEnd& end) {
  if (file_ == nullptr) {
    const base::OpenMode mode = files_->Exists(path_) ? base::OpenMode::kReadWrite : base::OpenMode::kCreate;
    QUORATE_ASSIGN_OR_RETURN(file_, files_->Open(path_, mode));
  }
  QUORATE_RETURN_IF_ERROR(file_->WriteAt(writes_ % kPlaces * kSectorBytes, Encode(end)));
  ++writes_;
  return absl::OkStatus();
}

void EndNote::Write(const LogEnd& end) {
  const absl::Status written = TryWrite(end);
  if (written.ok() || told_) return;
  told_ = true;
  QUORATE_LOG(kWarn, "cannot note where the log ends", {{"error", written}});
}

}  // namespace quorate::wal
