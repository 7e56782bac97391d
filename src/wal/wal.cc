#include "quorate/wal/wal.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "quorate/base/check.h"
#include "src/wal/appender.h"
#include "src/wal/log_files.h"
#include "src/wal/segment_scan.h"

namespace quorate::wal {
namespace {

// Entries that are appended together share records up to this: the same buffer is filled again while it is warm.
constexpr size_t kRecordBytesAim = 1 << 20;

absl::Status OutOfRange(raft::Index index, const EntryIndex& entries) {
  return base::MakeStatus(absl::StatusCode::kOutOfRange,
                          "entry " + std::to_string(index) + " is not in the log, which holds " +
                              std::to_string(entries.first_index()) + " to " + std::to_string(entries.last_index()));
}

// Keeps other processes away: with a directory of its own the log is not under the lock of the member's data, and a
// copy of that may name it too. Null where there is nobody to keep away: a disk in memory has no other processes.
absl::StatusOr<std::unique_ptr<base::FileLock>> Lock(const WalOptions& options) {
  if (options.files != &base::PosixFileSystem() || !options.files->Exists(options.directory)) return nullptr;
  auto taken = base::FileLock::Acquire(options.directory + "/lock");
  if (!taken.ok()) {
    return base::MakeStatus(taken.status().code(), "cannot lock the log directory " + options.directory + ": " +
                                                       std::string(base::MessageOf(taken.status())));
  }
  return taken;
}

}  // namespace

struct Wal::Rep {
  explicit Rep(const WalOptions& options) : appender(options, &log) {}

  std::unique_ptr<base::FileLock> lock;
  LogFiles log;
  Appender appender;
};

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
  QUORATE_RETURN_IF_ERROR(options.files->CreateDirectoriesDurably(options.directory));
  if (Exists(*options.files, options.directory)) {
    return base::MakeStatus(absl::StatusCode::kAlreadyExists, options.directory + " holds a log already");
  }
  // Whoever made it, and may have been interrupted.
  QUORATE_RETURN_IF_ERROR(options.files->SyncDirectory(base::ParentOf(options.directory)));
  auto rep = std::make_unique<Rep>(options);
  QUORATE_ASSIGN_OR_RETURN(rep->lock, Lock(options));
  rep->log.identity = identity;
  QUORATE_RETURN_IF_ERROR(rep->appender.Begin());
  return std::unique_ptr<Wal>(new Wal(std::move(rep)));
}

absl::StatusOr<std::unique_ptr<Wal>> Wal::Open(const WalOptions& options, raft::Index applied, Recovered* recovered) {
  QUORATE_CHECK(options.files != nullptr);
  auto rep = std::make_unique<Rep>(options);
  QUORATE_ASSIGN_OR_RETURN(rep->lock, Lock(options));
  QUORATE_RETURN_IF_ERROR(Recover(options, applied, &rep->log, recovered));
  QUORATE_RETURN_IF_ERROR(rep->appender.GoOn());
  return std::unique_ptr<Wal>(new Wal(std::move(rep)));
}

absl::StatusOr<bool> Wal::RemoveUnused(const WalOptions& options) {
  QUORATE_CHECK(options.files != nullptr);
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<base::FileLock> lock, Lock(options));
  LogFiles log;
  Recovered recovered;
  QUORATE_RETURN_IF_ERROR(Recover(options, 0, &log, &recovered));
  if (!recovered.entries.empty()) return false;
  for (const std::unique_ptr<Segment>& segment : log.segments) {
    QUORATE_RETURN_IF_ERROR(options.files->Remove(segment->path));
  }
  QUORATE_RETURN_IF_ERROR(options.files->SyncDirectory(options.directory));
  return true;
}

absl::Status Wal::Append(const std::vector<raft::Entry>& entries, const std::optional<raft::HardState>& hard_state) {
  Appender& appender = rep_->appender;
  if (!appender.failed().ok()) return appender.failed();
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
    appender.record().Begin();
    if (hard_state.has_value()) appender.record().AddHardState(last ? state : state_so_far);
    for (size_t i = begin; i < end; ++i) appender.record().AddEntry(entries[i]);
    EntryIndex::Place place;
    QUORATE_RETURN_IF_ERROR(appender.Write(&place));
    for (; begin < end; ++begin) QUORATE_CHECK(rep_->log.index.Add(entries[begin].index, entries[begin].term, place));
    rep_->log.hard_state = last ? state : state_so_far;
  } while (begin < entries.size());
  return absl::OkStatus();
}

absl::Status Wal::Reset(raft::Index index, raft::Term term, const raft::HardState& hard_state) {
  Appender& appender = rep_->appender;
  appender.record().Begin();
  appender.record().AddReset(index, term);
  appender.record().AddHardState(hard_state);
  EntryIndex::Place place;
  QUORATE_RETURN_IF_ERROR(appender.Write(&place));
  rep_->log.index.Reset(index, term);
  rep_->log.hard_state = hard_state;
  return absl::OkStatus();
}

absl::Status Wal::Sync() { return rep_->appender.Sync(); }
void Wal::NoteEnd() { rep_->appender.NoteEnd(); }
void Wal::Purge(raft::Index index) { rep_->appender.Purge(index); }

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

const WalStatistics& Wal::statistics() const { return rep_->appender.statistics(); }

}  // namespace quorate::wal
