#include "src/wal/appender.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/crc32c.h"
#include "quorate/base/disk_refusal.h"
#include "quorate/base/duration.h"
#include "quorate/base/logging.h"
#include "src/wal/segment_scan.h"

namespace quorate::wal {
namespace {

// As etcd: a sync that takes longer is logged.
constexpr std::chrono::seconds kSlowSync{1};
// Read and written at once where what is on disk is written once more.
constexpr uint64_t kRewriteBytes = 1 << 20;

}  // namespace

Appender::Appender(const WalOptions& options, LogFiles* log)
    : options_(options),
      clock_(options.clock != nullptr ? *options.clock : base::SystemClock()),
      log_(*log),
      spares_(options),
      note_(options.files, options.end_note) {}

absl::Status Appender::Begin() {
  QUORATE_ASSIGN_OR_RETURN(directory_, options_.files->OpenDirectory(options_.directory));
  QUORATE_RETURN_IF_ERROR(spares_.Clear());
  if (!options_.end_note.empty()) QUORATE_RETURN_IF_ERROR(note_.Clear());
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Segment> segment, BeginSegment(0));
  log_.segments.push_back(std::move(segment));
  spares_.Start();
  return absl::OkStatus();
}

absl::Status Appender::GoOn() {
  // An earlier process may have ended between making a segment and syncing its name.
  QUORATE_ASSIGN_OR_RETURN(directory_, options_.files->OpenDirectory(options_.directory));
  QUORATE_RETURN_IF_ERROR(directory_->Sync());
  // A torn tail is cut by the mark over its beginning, or the next record, whose write number is above all that it
  // left.
  Segment& segment = log_.current();
  QUORATE_RETURN_IF_ERROR(RestoreSize(segment));
  if (options_.sync) {
    if (segment.synced < segment.end) {
      QUORATE_RETURN_IF_ERROR(RewriteTail(segment, segment.synced));
      // Before the mark is written, which may be on disk before what it vouches for, and is believed by the next start
      // whatever the sync says.
      QUORATE_RETURN_IF_ERROR(segment.file->SyncData());
    }
    QUORATE_RETURN_IF_ERROR(WriteMark());
    QUORATE_RETURN_IF_ERROR(segment.file->SyncData());
    synced_ = segment.end;
  }
  // Once more, too, if there is one: its sync may have failed.
  seal_pending_ = log_.segments.size() > 1;
  QUORATE_RETURN_IF_ERROR(Seal());
  QUORATE_RETURN_IF_ERROR(spares_.Adopt());
  spares_.Start();
  return absl::OkStatus();
}

uint32_t Appender::DrawSalt(uint64_t sequence) const {
  const uint64_t numbers[] = {log_.identity.cluster_id, log_.identity.member_id, sequence,
                              static_cast<uint64_t>(clock_.Wall().count()),
                              static_cast<uint64_t>(clock_.Monotonic().count())};
  return base::Crc32c({reinterpret_cast<const char*>(numbers), sizeof(numbers)});
}

absl::StatusOr<std::unique_ptr<Segment>> Appender::BeginSegment(uint64_t record_bytes) {
  const uint64_t bytes_needed = RoundUpToBlock(record_bytes) + 2 * kBlockBytes;
  QUORATE_ASSIGN_OR_RETURN(SpareSegments::Spare spare, spares_.Take(bytes_needed));
  auto segment = std::make_unique<Segment>();
  SegmentHead& head = segment->head;
  head.identity = log_.identity;
  head.sequence = log_.segments.empty() ? 1 : log_.current().head.sequence + 1;
  head.bytes = spare.bytes;
  head.salt = DrawSalt(head.sequence);
  head.chain = log_.chain;
  head.previous_end = log_.segments.empty() ? 0 : log_.current().end;
  head.first_index = log_.index.last_index() + 1;
  head.previous_term = log_.index.TermOf(log_.index.last_index()).value_or(0);
  head.hard_state = log_.hard_state;
  segment->path = options_.directory + "/" + SegmentName(head.sequence, head.first_index);
  const auto prepare = [&]() -> absl::Status {
    // Where the first record goes nothing may be left of the file's former use.
    QUORATE_RETURN_IF_ERROR(spare.file->WriteAt(0, head.Encode() + std::string(kBlockBytes, '\0')));
    QUORATE_RETURN_IF_ERROR(SyncOrFail(*spare.file));
    return options_.files->Rename(spare.path, segment->path);
  };
  // A file that bears a segment's name has a head, whatever happens from here on.
  if (absl::Status status = prepare(); !status.ok()) {
    if (!failed_.ok()) return failed_;
    spares_.GiveBack(std::move(spare));
    return FailUnlessRefused(status);
  }
  if (absl::Status status = directory_->Sync(); !status.ok()) return Fail(status);
  // Opened again for direct writes, and so that later errors name the file as it is called now.
  absl::StatusOr<std::unique_ptr<base::File>> file = options_.files->Open(segment->path, base::OpenMode::kDirect);
  // For want of descriptors it goes on with the one there is: the segment has its name already.
  if (!file.ok() && !base::IsDiskRefusal(file.status())) return Fail(file.status());
  segment->file = file.ok() ? *std::move(file) : std::move(spare.file);
  return segment;
}

absl::Status Appender::Seal() {
  if (!seal_pending_) return absl::OkStatus();
  Segment& before = *log_.segments[log_.segments.size() - 2];
  const std::string block = EncodeMark(SectorKind::kSeal, before.end, before.head.salt, before.next_write_number++);
  QUORATE_RETURN_IF_ERROR(FailUnlessRefused(before.file->WriteAt(before.end, block)));
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*before.file));
  seal_pending_ = false;
  return absl::OkStatus();
}

absl::Status Appender::Roll(uint64_t record_bytes) {
  QUORATE_RETURN_IF_ERROR(Sync());
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Segment> segment, BeginSegment(record_bytes));
  log_.segments.push_back(std::move(segment));
  synced_ = kBlockBytes;
  seal_pending_ = true;
  return Seal();
}

absl::Status Appender::Write(EntryIndex::Place* place) {
  if (!failed_.ok()) return failed_;
  // The disk that failed to sync a spare is the log's own.
  if (absl::Status status = spares_.sync_failure(); !status.ok()) return Fail(status);
  if (erase_pending_) QUORATE_RETURN_IF_ERROR(EraseRefused());
  QUORATE_RETURN_IF_ERROR(Seal());
  if (!log_.current().HasRoomFor(record_.bytes())) QUORATE_RETURN_IF_ERROR(Roll(record_.bytes()));
  Segment& segment = log_.current();
  uint32_t digest;
  const std::string_view bytes =
      record_.Finish(segment.end, segment.head.salt, segment.next_write_number++, log_.chain, synced_, &digest);
  const std::chrono::nanoseconds before = clock_.Monotonic();
  if (absl::Status status = segment.file->WriteAt(segment.end, bytes); !status.ok()) {
    if (!base::IsDiskRefusal(status)) return Fail(status);
    erase_pending_ = true;
    if (absl::Status erased = EraseRefused(); !erased.ok() && !base::IsDiskRefusal(erased)) return erased;
    return status;
  }
  statistics_.write_latency.Observe(clock_.Monotonic() - before);
  *place = {.first = 0, .segment = &segment, .offset = segment.end, .sectors = record_.sectors()};
  segment.end += record_.bytes();
  log_.chain = digest;
  statistics_.written_bytes.fetch_add(record_.bytes(), std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status Appender::EraseRefused() {
  Segment& segment = log_.current();
  QUORATE_RETURN_IF_ERROR(FailUnlessRefused(segment.file->WriteAt(segment.end, std::string(kBlockBytes, '\0'))));
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*segment.file));
  erase_pending_ = false;
  if (options_.sync) synced_ = segment.end;
  return absl::OkStatus();
}

absl::Status Appender::Sync() {
  if (!failed_.ok()) return failed_;
  Segment& segment = log_.current();
  if (synced_ == segment.end || !options_.sync) return absl::OkStatus();
  const std::chrono::nanoseconds before = clock_.Monotonic();
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*segment.file));
  statistics_.sync_latency.Observe(clock_.Monotonic() - before);
  synced_ = segment.end;
  synced_end_ = {segment.head.sequence, segment.end, log_.chain};
  return absl::OkStatus();
}

absl::Status Appender::SyncOrFail(base::File& file) {
  if (!options_.sync) return absl::OkStatus();
  const std::chrono::nanoseconds begun = clock_.Monotonic();
  statistics_.sync_begun.store(begun.count(), std::memory_order_relaxed);
  const absl::Status status = file.SyncData();
  statistics_.sync_begun.store(0, std::memory_order_relaxed);
  if (!status.ok()) return Fail(status);
  const std::chrono::nanoseconds ended = clock_.Monotonic();
  if (ended - begun < kSlowSync) return absl::OkStatus();
  statistics_.slow_sync_ended.store(ended.count(), std::memory_order_relaxed);
  QUORATE_LOG(kWarn, "slow fdatasync",
              {{"file", file.path()},
               {"took", base::FormatDuration(ended - begun)},
               {"expected-duration", base::FormatDuration(kSlowSync)}});
  return absl::OkStatus();
}

absl::Status Appender::WriteMark() {
  Segment& segment = log_.current();
  return segment.file->WriteAt(
      segment.end, EncodeMark(SectorKind::kMark, segment.end, segment.head.salt, segment.next_write_number++));
}

void Appender::NoteEnd() {
  if (!failed_.ok() || !synced_end_.has_value()) return;
  if (!options_.end_note.empty()) {
    note_.Write(*synced_end_);
  } else if (absl::Status status = WriteMark(); !status.ok() && !base::IsDiskRefusal(status)) {
    (void)Fail(status);
  }
  synced_end_.reset();
}

void Appender::Purge(raft::Index index) {
  if (!failed_.ok()) return;
  std::vector<std::string> paths;
  // The one before the current stays while its seal is not on disk.
  const size_t kept_min = seal_pending_ ? 2 : 1;
  while (log_.segments.size() > kept_min && log_.segments[1]->head.first_index <= index) {
    log_.index.Drop(log_.segments.front().get(), log_.segments[1]->head.first_index);
    paths.push_back(log_.segments.front()->path);
    log_.segments.pop_front();
  }
  if (!paths.empty()) spares_.Recycle(std::move(paths));
}

absl::Status Appender::RestoreSize(Segment& segment) {
  QUORATE_ASSIGN_OR_RETURN(const uint64_t size, segment.file->Size());
  if (size >= segment.head.bytes) return absl::OkStatus();
  QUORATE_RETURN_IF_ERROR(segment.file->WriteAt(size, std::string(segment.head.bytes - size, '\0')));
  return SyncOrFail(*segment.file);
}

absl::Status Appender::RewriteTail(Segment& segment, uint64_t from) {
  for (uint64_t at = from; at < segment.end; at += kRewriteBytes) {
    const uint64_t length = std::min(kRewriteBytes, segment.end - at);
    QUORATE_ASSIGN_OR_RETURN(const std::string bytes, segment.file->ReadAt(at, length));
    if (bytes.size() != length) return Damage(segment.path, at, "the file has become shorter");
    QUORATE_RETURN_IF_ERROR(segment.file->WriteAt(at, bytes));
  }
  return absl::OkStatus();
}

absl::Status Appender::Fail(const absl::Status& status) {
  // Only a disk that left the log as it was is told with its own code.
  failed_ =
      base::IsDiskRefusal(status) ? base::MakeStatus(absl::StatusCode::kInternal, base::MessageOf(status)) : status;
  return failed_;
}

absl::Status Appender::FailUnlessRefused(const absl::Status& status) {
  return status.ok() || base::IsDiskRefusal(status) ? status : Fail(status);
}

}  // namespace quorate::wal
