#pragma once

// What one Append writes: entries and hard state, in as many sectors as it takes, the first of which begins with
//
//   u32  chain: the digest of the record before it, across segments
//   u32  sectors of this record
//   u64  up to which offset of this segment everything was synced when this was written
//
// and goes on with items, each a varint tag and its fields as varints:
//   1 entry: term, index, type, length, then the data     2 hard state: term, vote, commit
//   3 reset: index, term (the log begins anew after that entry)

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/raft/types.h"
#include "src/wal/sector.h"

namespace quorate::wal {

struct RecordHead {
  static constexpr size_t kBytes = 16;

  uint32_t chain = 0;
  uint32_t sectors = 0;
  uint64_t synced = 0;
};
RecordHead DecodeRecordHead(std::string_view payload);

// Composes a record in a buffer that is used again for the next.
class RecordWriter {
 public:
  void Begin();
  void AddEntry(const raft::Entry& entry);
  void AddHardState(const raft::HardState& hard_state);
  void AddReset(raft::Index index, raft::Term term);

  uint32_t sectors() const { return sectors_; }
  // What the record takes in the file: whole blocks.
  uint64_t bytes() const { return RoundUpToBlock(sectors_ * kSectorBytes); }
  // The finished bytes, valid until the next Begin, and behind them a blank block: what a former use of the file left
  // where the next record goes, whole or not, then means nothing. `*digest` becomes what the next record's chain must
  // be.
  std::string_view Finish(uint64_t offset, uint32_t salt, uint32_t write_number, uint32_t chain, uint64_t synced,
                          uint32_t* digest);

 private:
  // A buffer grown by one huge record is given back.
  static constexpr uint64_t kKeptBytesMax = 8 << 20;

  void Add(std::string_view bytes);
  void AddVarints(std::initializer_list<uint64_t> numbers);
  void Reserve(uint64_t sectors);
  char* SectorAt(uint64_t sector) { return buffer_.get() + sector * kSectorBytes; }

  // Aligned, so that it can be written past the page cache.
  struct Free {
    void operator()(char* bytes) const { ::operator delete[](bytes, std::align_val_t(kBlockBytes)); }
  };
  std::unique_ptr<char[], Free> buffer_;
  uint64_t capacity_sectors_ = 0;
  uint32_t sectors_ = 0;
  uint64_t used_ = 0;  // payload bytes of the last sector
};

// What a record says, its entries' data as views into the joined payload.
struct RecordContent {
  struct EntryView {
    raft::Term term;
    raft::Index index;
    raft::EntryType type;
    std::string_view data;
  };
  std::vector<EntryView> entries;
  std::optional<raft::HardState> hard_state;
  std::optional<std::pair<raft::Index, raft::Term>> reset;
};

// Parses the joined payload of a record, its head left out. False when it is malformed.
bool DecodeRecord(std::string_view items, RecordContent* content);

// Reads the record whose first sector stands at `offset`, given all its sectors.
enum class RecordState {
  kWhole,
  kTorn,     // sectors are missing that a crash may have kept from being written
  kDamaged,  // no crash explains it; `*damaged_at` tells the sector
};
RecordState JoinRecord(std::string_view sectors, uint64_t offset, uint32_t salt, std::string* items, uint32_t* digest,
                       uint64_t* damaged_at);

}  // namespace quorate::wal
