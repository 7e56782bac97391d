#include "quorate/wal/wal.h"

#include <algorithm>
#include <string_view>

#include "quorate/base/check.h"
#include "quorate/base/crc32c.h"
#include "quorate/base/disk_refusal.h"
#include "quorate/base/duration.h"
#include "quorate/base/logging.h"
#include "src/wal/end_note.h"
#include "src/wal/log_files.h"
#include "src/wal/segment_scan.h"

namespace quorate::wal {
namespace {

// As etcd: a sync that takes longer is logged.
constexpr std::chrono::seconds kSlowSync{1};
// Read and written at once where what is on disk is written once more.
constexpr uint64_t kRewriteBytes = 1 << 20;
// Entries that are appended together share records up to this: the same buffer is filled again while it is warm.
constexpr size_t kRecordBytesAim = 1 << 20;

absl::Status OutOfRange(raft::Index index, const EntryIndex& entries) {
  return base::MakeStatus(absl::StatusCode::kOutOfRange,
                          "entry " + std::to_string(index) + " is not in the log, which holds " +
                              std::to_string(entries.first_index()) + " to " + std::to_string(entries.last_index()));
}

}  // namespace

struct Wal::Rep {
  explicit Rep(const WalOptions& given)
      : options(given),
        clock(given.clock != nullptr ? *given.clock : base::SystemClock()),
        spares(given),
        note(given.files, given.end_note) {}

  // Begins the next segment, with room for a record of `record_bytes`.
  absl::Status Roll(uint64_t record_bytes);
  absl::StatusOr<std::unique_ptr<Segment>> BeginSegment(uint64_t record_bytes);
  // Says in the segment before the current one that another follows.
  absl::Status Seal();
  // A write that was refused may have been done in part, even enough to be found whole after a crash, when whoever
  // asked for it has been told that it failed.
  absl::Status EraseRefused();
  absl::Status WriteMark();
  // Writes once more what was read but is not known to have been synced. An earlier process may have ended because a
  // sync failed: then the page cache takes for clean what the disk never got, and another sync alone would do nothing.
  absl::Status RewriteTail(Segment& segment, uint64_t from);
  // Gives a file that was cut off behind its last record its size back.
  absl::Status RestoreSize(Segment& segment);
  // Keeps other processes away: with a directory of its own the log is not under the lock of the member's data, and a
  // copy of that may name it too. A disk in memory has no other processes.
  absl::Status Lock();
  // Writes what `writer` holds as one record; `place` is where it went.
  absl::Status WriteRecord(EntryIndex::Place* place);
  absl::Status Sync();
  void NoteEnd();
  // Remembers an error after which nothing on disk is certain.
  absl::Status Fail(const absl::Status& status) {
    // Only a disk that left the log as it was is told with its own code.
    failed =
        base::IsDiskRefusal(status) ? base::MakeStatus(absl::StatusCode::kInternal, base::MessageOf(status)) : status;
    return failed;
  }
  absl::Status FailUnlessRefused(const absl::Status& status) {
    return status.ok() || base::IsDiskRefusal(status) ? status : Fail(status);
  }
  // Whatever the reason, what a failed sync has left undone is not done by another one.
  absl::Status SyncOrFail(base::File& file);
  uint32_t DrawSalt(uint64_t sequence) const;

  const WalOptions options;
  base::Clock& clock;
  std::unique_ptr<base::FileLock> lock;
  // Held open: whether one more descriptor is to be had does not decide about a segment that has its name already.
  std::unique_ptr<base::Directory> directory;
  SpareSegments spares;
  LogFiles log;
  RecordWriter writer;
  EndNote note;
  uint64_t synced = kBlockBytes;     // offset in the current segment
  std::optional<LogEnd> synced_end;  // to be noted
  bool seal_pending = false;         // of the segment before the current one
  bool erase_pending = false;        // of a write that was refused
  absl::Status failed;
  WalStatistics statistics;
};

uint32_t Wal::Rep::DrawSalt(uint64_t sequence) const {
  const uint64_t numbers[] = {log.identity.cluster_id, log.identity.member_id, sequence,
                              static_cast<uint64_t>(clock.Wall().count()),
                              static_cast<uint64_t>(clock.Monotonic().count())};
  return base::Crc32c({reinterpret_cast<const char*>(numbers), sizeof(numbers)});
}

absl::StatusOr<std::unique_ptr<Segment>> Wal::Rep::BeginSegment(uint64_t record_bytes) {
  const uint64_t bytes_needed = RoundUpToBlock(record_bytes) + 2 * kBlockBytes;
  QUORATE_ASSIGN_OR_RETURN(SpareSegments::Spare spare, spares.Take(bytes_needed));
  auto segment = std::make_unique<Segment>();
  SegmentHead& head = segment->head;
  head.identity = log.identity;
  head.sequence = log.segments.empty() ? 1 : log.current().head.sequence + 1;
  head.bytes = spare.bytes;
  head.salt = DrawSalt(head.sequence);
  head.chain = log.chain;
  head.previous_end = log.segments.empty() ? 0 : log.current().end;
  head.first_index = log.index.last_index() + 1;
  head.previous_term = log.index.TermOf(log.index.last_index()).value_or(0);
  head.hard_state = log.hard_state;
  segment->path = options.directory + "/" + SegmentName(head.sequence, head.first_index);
  const auto prepare = [&]() -> absl::Status {
    // Where the first record goes nothing may be left of the file's former use.
    QUORATE_RETURN_IF_ERROR(spare.file->WriteAt(0, head.Encode() + std::string(kBlockBytes, '\0')));
    QUORATE_RETURN_IF_ERROR(SyncOrFail(*spare.file));
    return options.files->Rename(spare.path, segment->path);
  };
  // A file that bears a segment's name has a head, whatever happens from here on.
  if (absl::Status status = prepare(); !status.ok()) {
    if (!failed.ok()) return failed;
    spares.GiveBack(std::move(spare));
    return FailUnlessRefused(status);
  }
  if (absl::Status status = directory->Sync(); !status.ok()) return Fail(status);
  // Opened again for direct writes, and so that later errors name the file as it is called now.
  absl::StatusOr<std::unique_ptr<base::File>> file = options.files->Open(segment->path, base::OpenMode::kDirect);
  // For want of descriptors it goes on with the one there is: the segment has its name already.
  if (!file.ok() && !base::IsDiskRefusal(file.status())) return Fail(file.status());
  segment->file = file.ok() ? *std::move(file) : std::move(spare.file);
  return segment;
}

absl::Status Wal::Rep::Seal() {
  if (!seal_pending) return absl::OkStatus();
  Segment& before = *log.segments[log.segments.size() - 2];
  const std::string block = EncodeMark(SectorKind::kSeal, before.end, before.head.salt, before.next_write_number++);
  QUORATE_RETURN_IF_ERROR(FailUnlessRefused(before.file->WriteAt(before.end, block)));
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*before.file));
  before.sealed = true;
  seal_pending = false;
  return absl::OkStatus();
}

absl::Status Wal::Rep::Roll(uint64_t record_bytes) {
  QUORATE_RETURN_IF_ERROR(Sync());
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Segment> segment, BeginSegment(record_bytes));
  log.segments.push_back(std::move(segment));
  synced = kBlockBytes;
  seal_pending = true;
  return Seal();
}

absl::Status Wal::Rep::WriteRecord(EntryIndex::Place* place) {
  if (!failed.ok()) return failed;
  // The disk that failed to sync a spare is the log's own.
  if (absl::Status status = spares.sync_failure(); !status.ok()) return Fail(status);
  if (erase_pending) QUORATE_RETURN_IF_ERROR(EraseRefused());
  QUORATE_RETURN_IF_ERROR(Seal());
  if (!log.current().HasRoomFor(writer.bytes())) QUORATE_RETURN_IF_ERROR(Roll(writer.bytes()));
  Segment& segment = log.current();
  uint32_t digest;
  const std::string_view bytes =
      writer.Finish(segment.end, segment.head.salt, segment.next_write_number++, log.chain, synced, &digest);
  const std::chrono::nanoseconds before = clock.Monotonic();
  if (absl::Status status = segment.file->WriteAt(segment.end, bytes); !status.ok()) {
    if (!base::IsDiskRefusal(status)) return Fail(status);
    erase_pending = true;
    if (absl::Status erased = EraseRefused(); !erased.ok() && !base::IsDiskRefusal(erased)) return erased;
    return status;
  }
  statistics.write_latency.Observe(clock.Monotonic() - before);
  *place = {.first = 0, .segment = &segment, .offset = segment.end, .sectors = writer.sectors()};
  segment.end += writer.bytes();
  log.chain = digest;
  statistics.written_bytes.fetch_add(writer.bytes(), std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status Wal::Rep::EraseRefused() {
  Segment& segment = log.current();
  QUORATE_RETURN_IF_ERROR(FailUnlessRefused(segment.file->WriteAt(segment.end, std::string(kBlockBytes, '\0'))));
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*segment.file));
  erase_pending = false;
  if (options.sync) synced = segment.end;
  return absl::OkStatus();
}

absl::Status Wal::Rep::SyncOrFail(base::File& file) {
  if (!options.sync) return absl::OkStatus();
  const std::chrono::nanoseconds begun = clock.Monotonic();
  statistics.sync_begun.store(begun.count(), std::memory_order_relaxed);
  const absl::Status status = file.SyncData();
  statistics.sync_begun.store(0, std::memory_order_relaxed);
  if (!status.ok()) return Fail(status);
  const std::chrono::nanoseconds ended = clock.Monotonic();
  if (ended - begun < kSlowSync) return absl::OkStatus();
  statistics.slow_sync_ended.store(ended.count(), std::memory_order_relaxed);
  QUORATE_LOG(kWarn, "slow fdatasync",
              {{"file", file.path()},
               {"took", base::FormatDuration(ended - begun)},
               {"expected-duration", base::FormatDuration(kSlowSync)}});
  return absl::OkStatus();
}

absl::Status Wal::Rep::WriteMark() {
  Segment& segment = log.current();
  return segment.file->WriteAt(
      segment.end, EncodeMark(SectorKind::kMark, segment.end, segment.head.salt, segment.next_write_number++));
}

absl::Status Wal::Rep::Sync() {
  if (!failed.ok()) return failed;
  Segment& segment = log.current();
  if (synced == segment.end || !options.sync) return absl::OkStatus();
  const std::chrono::nanoseconds before = clock.Monotonic();
  QUORATE_RETURN_IF_ERROR(SyncOrFail(*segment.file));
  statistics.sync_latency.Observe(clock.Monotonic() - before);
  synced = segment.end;
  synced_end = {segment.head.sequence, segment.end, log.chain};
  return absl::OkStatus();
}

void Wal::Rep::NoteEnd() {
  if (!failed.ok() || !synced_end.has_value()) return;
  if (!options.end_note.empty()) {
    note.Write(*synced_end);
  } else if (absl::Status status = WriteMark(); !status.ok() && !base::IsDiskRefusal(status)) {
    (void)Fail(status);
  }
  synced_end.reset();
}

absl::Status Wal::Rep::RestoreSize(Segment& segment) {
  QUORATE_ASSIGN_OR_RETURN(const uint64_t size, segment.file->Size());
  if (size >= segment.head.bytes) return absl::OkStatus();
  QUORATE_RETURN_IF_ERROR(segment.file->WriteAt(size, std::string(segment.head.bytes - size, '\0')));
  return SyncOrFail(*segment.file);
}

absl::Status Wal::Rep::Lock() {
  if (options.files != &base::PosixFileSystem() || !options.files->Exists(options.directory)) return absl::OkStatus();
  auto taken = base::FileLock::Acquire(options.directory + "/lock");
  if (!taken.ok()) {
    return base::MakeStatus(taken.status().code(), "cannot lock the log directory " + options.directory + ": " +
                                                       std::string(base::MessageOf(taken.status())));
  }
  lock = *std::move(taken);
  return absl::OkStatus();
}

absl::Status Wal::Rep::RewriteTail(Segment& segment, uint64_t from) {
  for (uint64_t at = from; at < segment.end; at += kRewriteBytes) {
    const uint64_t length = std::min(kRewriteBytes, segment.end - at);
    QUORATE_ASSIGN_OR_RETURN(const std::string bytes, segment.file->ReadAt(at, length));
    if (bytes.size() != length) return Damage(segment.path, at, "the file has become shorter");
    QUORATE_RETURN_IF_ERROR(segment.file->WriteAt(at, bytes));
  }
  return absl::OkStatus();
}

Wal::Wal(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Wal::~Wal() = default;

bool Wal::Exists(base::FileSystem& files, const std::string& directory) {
  const absl::StatusOr<std::vector<std::string>> names = files.List(directory);
  return names.ok() && std::any_of(names->begin(), names->end(),
                                   [](const std::string& name) { return ParseSegmentName(name).has_value(); });
}

absl::StatusOr<std::unique_ptr<Wal>> Wal::Create(const WalOptions& options, const Identity& identity) {
  QUORATE_CHECK(options.files != nullptr);
  QUORATE_CHECK(options.segment_bytes % kBlockBytes == 0 && options.segment_bytes >= 3 * kBlockBytes)
      << "segments of " << options.segment_bytes << " bytes";
  QUORATE_RETURN_IF_ERROR(options.files->MakeDirectories(options.directory));
  if (Exists(*options.files, options.directory)) {
    return base::MakeStatus(absl::StatusCode::kAlreadyExists, options.directory + " holds a log already");
  }
  // Whoever made it, and may have been interrupted.
  QUORATE_RETURN_IF_ERROR(options.files->SyncDirectory(base::ParentOf(options.directory)));
  auto rep = std::make_unique<Rep>(options);
  QUORATE_RETURN_IF_ERROR(rep->Lock());
  QUORATE_ASSIGN_OR_RETURN(rep->directory, options.files->OpenDirectory(options.directory));
  QUORATE_RETURN_IF_ERROR(rep->spares.Clear());
  if (!options.end_note.empty()) QUORATE_RETURN_IF_ERROR(rep->note.Clear());
  rep->log.identity = identity;
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Segment> segment, rep->BeginSegment(0));
  rep->log.segments.push_back(std::move(segment));
  rep->spares.Start();
  return std::unique_ptr<Wal>(new Wal(std::move(rep)));
}

absl::StatusOr<std::unique_ptr<Wal>> Wal::Open(const WalOptions& options, raft::Index applied, Recovered* recovered) {
  QUORATE_CHECK(options.files != nullptr);
  auto rep = std::make_unique<Rep>(options);
  QUORATE_RETURN_IF_ERROR(rep->Lock());
  QUORATE_RETURN_IF_ERROR(Recover(options, applied, &rep->log, recovered));
  // An earlier process may have ended between making a segment and syncing its name.
  QUORATE_ASSIGN_OR_RETURN(rep->directory, options.files->OpenDirectory(options.directory));
  QUORATE_RETURN_IF_ERROR(rep->directory->Sync());
  // What was read may never have been synced, and others are about to rely on it. A torn tail is cut by the mark over
  // its beginning, or the next record, whose write number is above all that it left.
  Segment& segment = rep->log.current();
  QUORATE_RETURN_IF_ERROR(rep->RestoreSize(segment));
  if (options.sync) {
    QUORATE_RETURN_IF_ERROR(rep->RewriteTail(segment, segment.synced));
    QUORATE_RETURN_IF_ERROR(rep->WriteMark());
    QUORATE_RETURN_IF_ERROR(segment.file->SyncData());
    rep->synced = segment.end;
  }
  rep->seal_pending = rep->log.segments.size() > 1 && !rep->log.segments[rep->log.segments.size() - 2]->sealed;
  QUORATE_RETURN_IF_ERROR(rep->Seal());
  QUORATE_RETURN_IF_ERROR(rep->spares.Adopt());
  rep->spares.Start();
  return std::unique_ptr<Wal>(new Wal(std::move(rep)));
}

absl::Status Wal::Append(const std::vector<raft::Entry>& entries, const std::optional<raft::HardState>& hard_state) {
  if (!rep_->failed.ok()) return rep_->failed;
  if (entries.empty() && !hard_state.has_value()) return absl::OkStatus();
  const raft::HardState state = hard_state.value_or(rep_->log.hard_state);
  // What comes of a term must not be found without the term, nor a commit without what it commits.
  raft::HardState state_so_far = state;
  state_so_far.commit = rep_->log.hard_state.commit;
  raft::Index expected = entries.empty() ? 0 : entries.front().index;
  QUORATE_CHECK(expected <= rep_->log.index.last_index() + 1)
      << "entry " << expected << " after " << rep_->log.index.last_index();
  size_t begin = 0;
  do {
    size_t end = begin;
    for (size_t bytes = 0;
         end < entries.size() && (end == begin || bytes + entries[end].data.size() <= kRecordBytesAim);
         ++end, ++expected) {
      QUORATE_CHECK(entries[end].index == expected && expected > 0) << "entry " << entries[end].index;
      bytes += entries[end].data.size();
    }
    const bool last = end == entries.size();
    rep_->writer.Begin();
    if (hard_state.has_value()) rep_->writer.AddHardState(last ? state : state_so_far);
    for (size_t i = begin; i < end; ++i) rep_->writer.AddEntry(entries[i]);
    EntryIndex::Place place;
    QUORATE_RETURN_IF_ERROR(rep_->WriteRecord(&place));
    for (; begin < end; ++begin) QUORATE_CHECK(rep_->log.index.Add(entries[begin].index, entries[begin].term, place));
    rep_->log.hard_state = last ? state : state_so_far;
  } while (begin < entries.size());
  return absl::OkStatus();
}

absl::Status Wal::Reset(raft::Index index, raft::Term term, const raft::HardState& hard_state) {
  rep_->writer.Begin();
  rep_->writer.AddReset(index, term);
  rep_->writer.AddHardState(hard_state);
  EntryIndex::Place place;
  QUORATE_RETURN_IF_ERROR(rep_->WriteRecord(&place));
  rep_->log.index.Reset(index, term);
  rep_->log.hard_state = hard_state;
  return absl::OkStatus();
}

absl::Status Wal::Sync() { return rep_->Sync(); }
void Wal::NoteEnd() { rep_->NoteEnd(); }

absl::StatusOr<std::vector<raft::Entry>> Wal::Read(raft::Index begin, raft::Index end, size_t bytes_max) {
  const EntryIndex& index = rep_->log.index;
  if (begin < index.first_index() || begin >= end) return OutOfRange(begin, index);
  if (end > index.last_index() + 1) return OutOfRange(end - 1, index);
  std::vector<raft::Entry> entries;
  size_t bytes = 0;
  while (begin < end) {
    raft::Index last;
    const EntryIndex::Place place = index.Find(begin, &last);
    QUORATE_ASSIGN_OR_RETURN(const std::string sectors,
                             place.segment->file->ReadAt(place.offset, place.sectors * kSectorBytes));
    std::string items;
    uint32_t digest;
    uint64_t damaged_at = place.offset;
    RecordContent content;
    if (sectors.size() != place.sectors * kSectorBytes ||
        JoinRecord(sectors, place.offset, place.segment->head.salt, &items, &digest, &damaged_at) !=
            RecordState::kWhole ||
        !DecodeRecord(items, &content)) {
      return Damage(place.segment->path, damaged_at, "a record cannot be read back");
    }
    const raft::Index before = begin;
    for (const RecordContent::EntryView& entry : content.entries) {
      if (entry.index != begin || entry.index > last || begin >= end) continue;
      bytes += entry.data.size();
      if (!entries.empty() && bytes > bytes_max) return entries;
      entries.push_back(
          {entry.term, entry.index, entry.type, entry.data.empty() ? base::Buffer() : base::Buffer::Copy(entry.data)});
      ++begin;
    }
    if (begin == before) return Damage(place.segment->path, place.offset, "a record lacks an entry");
  }
  return entries;
}

absl::StatusOr<raft::Term> Wal::TermOf(raft::Index index) const {
  const std::optional<raft::Term> term = rep_->log.index.TermOf(index);
  if (!term.has_value()) return OutOfRange(index, rep_->log.index);
  return *term;
}

raft::Index Wal::first_index() const { return rep_->log.index.first_index(); }
raft::Index Wal::last_index() const { return rep_->log.index.last_index(); }

void Wal::Purge(raft::Index index) {
  if (!rep_->failed.ok()) return;
  auto& segments = rep_->log.segments;
  std::vector<std::string> paths;
  // The one before the current stays while its seal is not on disk.
  const size_t kept_min = rep_->seal_pending ? 2 : 1;
  while (segments.size() > kept_min && segments[1]->head.first_index <= index) {
    rep_->log.index.Drop(segments.front().get(), segments[1]->head.first_index);
    paths.push_back(segments.front()->path);
    segments.pop_front();
  }
  if (!paths.empty()) rep_->spares.Recycle(std::move(paths));
}

const WalStatistics& Wal::statistics() const { return rep_->statistics; }

}  // namespace quorate::wal
