#pragma once

// The writing end of the log: one record after the other into the current segment, the next segment when it is full,
// and with them what says up to where the log is synced. docs/formats/wal.md. The log's thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quorate/base/clock.h"
#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/wal/wal.h"
#include "src/wal/end_note.h"
#include "src/wal/log_files.h"

namespace quorate::wal {

class Appender {
 public:
  // `log` must outlive it. Its segments and chain are kept up to date here; what a record says, its index and hard
  // state, is the caller's to note there. Begin or GoOn comes before all else.
  Appender(const WalOptions& options, LogFiles* log);
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // Makes the first segment of a new log, whose directory is there.
  absl::Status Begin();
  // Makes durable what recovery read, and goes on behind it. It may never have been synced, and others are about to
  // rely on it.
  absl::Status GoOn();

  // Composes the record to be written next.
  RecordWriter& record() { return record_; }
  // Writes it; `*place` is where it went.
  absl::Status Write(EntryIndex::Place* place);
  absl::Status Sync();
  void NoteEnd();
  // See Wal::Purge.
  void Purge(raft::Index index);

  // The error after which nothing on disk is certain: nothing is written any more.
  const absl::Status& failed() const { return failed_; }
  const WalStatistics& statistics() const { return statistics_; }

 private:
  // Begins the next segment, with room for a record of `record_bytes`.
  absl::Status Roll(uint64_t record_bytes);
  absl::StatusOr<std::unique_ptr<Segment>> BeginSegment(uint64_t record_bytes);
  uint32_t DrawSalt(uint64_t sequence) const;
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
  // Whatever the reason, what a failed sync has left undone is not done by another one.
  absl::Status SyncOrFail(base::File& file);
  // Remembers an error after which nothing on disk is certain.
  absl::Status Fail(const absl::Status& status);
  absl::Status FailUnlessRefused(const absl::Status& status);

  const WalOptions options_;
  base::Clock& clock_;
  LogFiles& log_;
  // Held open: whether one more descriptor is to be had does not decide about a segment that has its name already.
  std::unique_ptr<base::Directory> directory_;
  SpareSegments spares_;
  RecordWriter record_;
  EndNote note_;
  uint64_t synced_ = kBlockBytes;     // offset in the current segment
  std::optional<LogEnd> synced_end_;  // to be noted
  bool seal_pending_ = false;         // of the segment before the current one
  bool erase_pending_ = false;        // of a write that was refused
  absl::Status failed_;
  WalStatistics statistics_;
};

}  // namespace quorate::wal
