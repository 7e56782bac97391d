#pragma once

// The unit of the log on disk: 512 bytes that a disk writes whole or not at all, each with a checksum of its own, so
// that after a crash every sector can be told to be new, not yet written, or damaged (docs/formats/wal.md).
//
//   0   u32  CRC-32C of bytes 4 to 511 and the sector's offset in the file
//   4   u32  salt of the segment: bytes left by a recycled file's former use carry another one
//   8   u32  number of the write within the segment: a failed or torn attempt carries a lower one
//   12  u8   kind
//   13  u8   zero
//   14  u16  bytes of payload used
//   16  payload

#include <cstdint>
#include <string_view>

namespace quorate::wal {

inline constexpr uint64_t kSectorBytes = 512;
inline constexpr uint64_t kSectorHeaderBytes = 16;
inline constexpr uint64_t kSectorPayloadBytes = kSectorBytes - kSectorHeaderBytes;
// Writes begin at and fill whole blocks of this size: what is known to have been synced is never written again,
// whatever the disk's own unit, and the page cache need not read before it writes.
inline constexpr uint64_t kBlockBytes = 4096;

constexpr uint64_t RoundUpToBlock(uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

enum class SectorKind : uint8_t {
  kSegment = 1,       // the head of a segment
  kRecord = 2,        // the first sector of a record
  kContinuation = 3,  // a further sector of a record
  kMark = 4,          // stands where the next record will: everything before it is synced
  kSeal = 5,          // the segment is complete and another one follows
};

struct Sector {
  uint32_t salt = 0;
  uint32_t write_number = 0;
  SectorKind kind = SectorKind::kRecord;
  std::string_view payload;
};

enum class SectorState {
  kBlank,    // zeros: never written
  kStale,    // whole, from the file's former use
  kWritten,  // whole, and of this segment
  kDamaged,  // none of these: no torn write leaves such a sector
};

// Fills in the header of the sector at `bytes`, whose payload is in place.
void SealSector(char* bytes, uint64_t offset, uint32_t salt, uint32_t write_number, SectorKind kind,
                uint16_t payload_bytes);

// Judges the sector read at `offset`. `*sector` is set, its payload a view into `bytes`, when it is whole.
SectorState Inspect(std::string_view bytes, uint64_t offset, uint32_t salt, Sector* sector);

}  // namespace quorate::wal
