#pragma once

// What an open log is made of; shared by recovery, which builds it, the appender, which writes to it, and the Wal,
// which reads it.

#include <deque>
#include <memory>
#include <string>

#include "src/wal/entry_index.h"
#include "src/wal/record.h"
#include "src/wal/segment.h"
#include "src/wal/spare_segments.h"

namespace quorate::wal {

struct LogFiles {
  Identity identity;
  // Ascending and without gap; the last one is written to.
  std::deque<std::unique_ptr<Segment>> segments;
  EntryIndex index;
  raft::HardState hard_state;
  uint32_t chain = 0;  // digest of the last record

  Segment& current() { return *segments.back(); }
};

// Reads the log in `options.directory`; the face of Wal::Open, before anything is written.
absl::Status Recover(const WalOptions& options, raft::Index applied, LogFiles* files, Recovered* recovered);

}  // namespace quorate::wal
