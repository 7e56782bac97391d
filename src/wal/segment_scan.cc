#include "src/wal/segment_scan.h"

#include <algorithm>

namespace quorate::wal {
namespace {

class SegmentScan {
 public:
  SegmentScan(const Segment& segment, uint64_t file_bytes, const RecordVisitor& visit)
      : segment_(segment), window_(*segment.file, file_bytes), visit_(visit) {
    end_.offset = kBlockBytes;
    end_.synced = kBlockBytes;
    end_.chain = segment.head.chain;
  }

  // Takes in the record at the end, if there is one. False: the log ends here.
  absl::StatusOr<bool> Step();
  // Looks behind the end for proof that something synced is missing there.
  absl::Status Search();
  const SegmentEnd& end() const { return end_; }

 private:
  absl::Status Damaged(uint64_t offset, std::string_view what) const { return Damage(segment_.path, offset, what); }
  absl::StatusOr<bool> TakeRecord(const RecordHead& head, uint32_t write_number);

  const Segment& segment_;
  FileWindow window_;
  const RecordVisitor& visit_;
  SegmentEnd end_;
};

absl::StatusOr<bool> SegmentScan::Step() {
  // A file is given its full size before its first use, and a segment always ends before its last block.
  if (end_.offset + kSectorBytes > window_.file_bytes()) return Damaged(end_.offset, "the file is cut off here");
  QUORATE_ASSIGN_OR_RETURN(const std::string_view bytes, window_.View(end_.offset, kSectorBytes));
  Sector sector;
  switch (Inspect(bytes, end_.offset, segment_.head.salt, &sector)) {
    case SectorState::kDamaged:
      return Damaged(end_.offset, "a record is damaged");
    case SectorState::kBlank:
    case SectorState::kStale:
      return false;
    case SectorState::kWritten:
      break;
  }
  if (sector.write_number < end_.next_write_number) return false;  // left by an attempt that was given up
  const RecordHead head = DecodeRecordHead(sector.payload);
  switch (sector.kind) {
    case SectorKind::kMark:
    case SectorKind::kSeal:
      if (head.synced != end_.offset) return Damaged(end_.offset, "a mark does not belong here");
      end_.synced = end_.offset;
      end_.sealed = sector.kind == SectorKind::kSeal;
      end_.next_write_number = sector.write_number + 1;
      return false;
    case SectorKind::kRecord:
      return TakeRecord(head, sector.write_number);
    case SectorKind::kContinuation:
      return false;  // of an attempt torn across an earlier one; Search decides
    default:
      return Damaged(end_.offset, "a sector does not belong here");
  }
}

absl::StatusOr<bool> SegmentScan::TakeRecord(const RecordHead& head, uint32_t write_number) {
  const uint64_t bytes = head.sectors * kSectorBytes;
  if (head.sectors == 0 || end_.offset + bytes > segment_.head.bytes || head.synced > end_.offset) {
    return Damaged(end_.offset, "a record has an impossible head");
  }
  if (end_.offset + bytes > window_.file_bytes()) return Damaged(end_.offset, "the file is cut off in this record");
  // A torn record is told from a damaged one by its sectors before its chain is trusted.
  QUORATE_ASSIGN_OR_RETURN(const std::string_view sectors, window_.View(end_.offset, bytes));
  std::string items;
  uint32_t digest;
  uint64_t damaged_at = 0;
  switch (JoinRecord(sectors, end_.offset, segment_.head.salt, &items, &digest, &damaged_at)) {
    case RecordState::kDamaged:
      return Damaged(damaged_at, "a record is damaged");
    case RecordState::kTorn:
      return false;
    case RecordState::kWhole:
      break;
  }
  if (head.chain != end_.chain) return Damaged(end_.offset, "a record does not follow from the one before it");
  QUORATE_RETURN_IF_ERROR(visit_(end_.offset, head.sectors, items));
  end_.synced = std::max(end_.synced, head.synced);
  end_.offset += RoundUpToBlock(bytes);
  end_.chain = digest;
  end_.next_write_number = write_number + 1;
  return true;
}

absl::Status SegmentScan::Search() {
  const uint64_t whole_sectors_end = window_.file_bytes() / kSectorBytes * kSectorBytes;
  uint32_t next_write_number = end_.next_write_number;
  for (uint64_t at = end_.offset; at < whole_sectors_end; at += kSectorBytes) {
    QUORATE_ASSIGN_OR_RETURN(const std::string_view bytes, window_.View(at, kSectorBytes));
    Sector sector;
    if (Inspect(bytes, at, segment_.head.salt, &sector) != SectorState::kWritten) continue;
    next_write_number = std::max(next_write_number, sector.write_number + 1);
    if (sector.kind != SectorKind::kContinuation && DecodeRecordHead(sector.payload).synced > end_.offset) {
      return Damaged(end_.offset, "a record that was synced is missing or damaged");
    }
  }
  end_.torn = next_write_number > end_.next_write_number;
  end_.next_write_number = next_write_number;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string_view> FileWindow::View(uint64_t offset, uint64_t length) {
  if (offset < begin_ || offset + length > begin_ + bytes_.size()) {
    QUORATE_ASSIGN_OR_RETURN(bytes_, file_.ReadAt(offset, std::max(length, kWindowBytes)));
    begin_ = offset;
    if (bytes_.size() < length) return Damage(file_.path(), offset + bytes_.size(), "the file has become shorter");
  }
  return std::string_view(bytes_).substr(offset - begin_, length);
}

absl::Status Damage(const std::string& path, uint64_t offset, std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kDataLoss,
                          path + " at offset " + std::to_string(offset) + ": " + std::string(what));
}

absl::Status ScanSegment(const Segment& segment, const RecordVisitor& visit, SegmentEnd* end, ChainProbe* probe) {
  QUORATE_ASSIGN_OR_RETURN(const uint64_t file_bytes, segment.file->Size());
  SegmentScan scan(segment, file_bytes, visit);
  for (;;) {
    if (probe != nullptr && probe->offset == scan.end().offset) probe->chain = scan.end().chain;
    QUORATE_ASSIGN_OR_RETURN(const bool more, scan.Step());
    if (!more) break;
  }
  if (!scan.end().sealed) QUORATE_RETURN_IF_ERROR(scan.Search());
  *end = scan.end();
  return absl::OkStatus();
}

}  // namespace quorate::wal
