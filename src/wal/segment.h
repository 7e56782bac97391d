#pragma once

// One file of the log: a head in the first block, then records. Its size is fixed before its first use.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "quorate/raft/types.h"
#include "quorate/wal/wal.h"
#include "src/wal/sector.h"

namespace quorate::wal {

// Everything recovery needs when this is the oldest segment left.
struct SegmentHead {
  Identity identity;
  uint64_t sequence = 0;  // 1 is the log's first segment
  uint64_t bytes = 0;     // of the file
  uint32_t salt = 0;
  uint32_t chain = 0;            // the digest of the last record before this segment
  uint64_t previous_end = 0;     // where the segment before ends; 0 for the first
  raft::Index first_index = 0;   // of the next entry when the segment was begun
  raft::Term previous_term = 0;  // of the entry before that
  raft::HardState hard_state;

  // The first block of the file.
  std::string Encode() const;
  // nullopt when it is damaged or of another kind.
  static std::optional<SegmentHead> Decode(std::string_view block);
};

struct Segment {
  SegmentHead head;
  std::string path;
  std::unique_ptr<base::File> file;
  uint64_t end = kBlockBytes;     // where the next record goes
  uint64_t synced = kBlockBytes;  // at recovery: up to where the file or the note of the end says that it was synced
  uint32_t next_write_number = 1;

  // A record must leave room for the seal behind it.
  bool HasRoomFor(uint64_t record_bytes) const { return end + record_bytes + kBlockBytes <= head.bytes; }
};

std::string SegmentName(uint64_t sequence, raft::Index first_index);
struct SegmentPlace {
  uint64_t sequence = 0;
  raft::Index first_index = 0;
};
// nullopt for names of other files.
std::optional<SegmentPlace> ParseSegmentName(std::string_view name);

// A mark or seal for `offset`, where everything before is synced.
std::string EncodeMark(SectorKind kind, uint64_t offset, uint32_t salt, uint32_t write_number);

}  // namespace quorate::wal
