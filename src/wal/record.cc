#include "src/wal/record.h"

#include <algorithm>
#include <cstring>

#include "quorate/base/check.h"
#include "quorate/base/crc32c.h"
#include "quorate/base/file_system.h"
#include "quorate/base/little_endian.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"

namespace quorate::wal {
namespace {

static_assert(kBlockBytes % base::kDirectBlockBytes == 0, "records can be written past the page cache");

enum ItemTag : uint64_t { kEntry = 1, kHardState = 2, kReset = 3 };

template <typename... Numbers>
bool TakeVarints(std::string_view* bytes, Numbers*... numbers) {
  return (base::TakeVarint(bytes, numbers) && ...);
}

}  // namespace

RecordHead DecodeRecordHead(std::string_view payload) {
  if (payload.size() < RecordHead::kBytes) return {};
  return {.chain = base::ReadLittleEndian<uint32_t>(payload.data()),
          .sectors = base::ReadLittleEndian<uint32_t>(payload.data() + 4),
          .synced = base::ReadLittleEndian<uint64_t>(payload.data() + 8)};
}

void RecordWriter::Reserve(uint64_t sectors) {
  if (sectors <= capacity_sectors_) return;
  // Whole blocks and one more, so that what stands behind the last sector has room.
  const uint64_t bytes = RoundUpToBlock(std::max(sectors, capacity_sectors_ * 2) * kSectorBytes);
  std::unique_ptr<char[], Free> grown(new (std::align_val_t(kBlockBytes)) char[bytes + kBlockBytes]);
  if (sectors_ > 0) std::memcpy(grown.get(), buffer_.get(), sectors_ * kSectorBytes);
  buffer_ = std::move(grown);
  capacity_sectors_ = bytes / kSectorBytes;
}

void RecordWriter::Begin() {
  sectors_ = 0;
  if (capacity_sectors_ * kSectorBytes > kKeptBytesMax) {
    buffer_.reset();
    capacity_sectors_ = 0;
  }
  Reserve(1);
  sectors_ = 1;
  used_ = RecordHead::kBytes;
}

void RecordWriter::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    if (used_ == kSectorPayloadBytes) {
      Reserve(sectors_ + uint64_t{1});
      ++sectors_;
      used_ = 0;
    }
    const size_t length = std::min<size_t>(bytes.size(), kSectorPayloadBytes - used_);
    std::memcpy(SectorAt(sectors_ - 1) + kSectorHeaderBytes + used_, bytes.data(), length);
    used_ += length;
    bytes.remove_prefix(length);
  }
}

void RecordWriter::AddVarints(std::initializer_list<uint64_t> numbers) {
  char bytes[8 * base::kVarintBytesMax];
  QUORATE_CHECK(numbers.size() <= 8);
  char* end = bytes;
  for (const uint64_t number : numbers) end = base::wire::PutVarint(end, number);
  Add({bytes, static_cast<size_t>(end - bytes)});
}

void RecordWriter::AddEntry(const raft::Entry& entry) {
  AddVarints({kEntry, entry.term, entry.index, static_cast<uint64_t>(entry.type), entry.data.size()});
  Add(entry.data.view());
}

void RecordWriter::AddHardState(const raft::HardState& hard_state) {
  AddVarints({kHardState, hard_state.term, hard_state.vote, hard_state.commit});
}

void RecordWriter::AddReset(raft::Index index, raft::Term term) { AddVarints({kReset, index, term}); }

std::string_view RecordWriter::Finish(uint64_t offset, uint32_t salt, uint32_t write_number, uint32_t chain,
                                      uint64_t synced, uint32_t* digest) {
  char* const head = SectorAt(0) + kSectorHeaderBytes;
  base::PutLittleEndian(head, chain);
  base::PutLittleEndian(head + 4, sectors_);
  base::PutLittleEndian(head + 8, synced);
  char* const last = SectorAt(sectors_ - 1);
  const uint64_t unused = kSectorPayloadBytes - used_;
  std::memset(last + kSectorHeaderBytes + used_, 0, unused + bytes() - sectors_ * kSectorBytes + kBlockBytes);
  *digest = 0;
  for (uint32_t i = 0; i < sectors_; ++i) {
    const auto payload_bytes = static_cast<uint16_t>(i + 1 < sectors_ ? kSectorPayloadBytes : used_);
    SealSector(SectorAt(i), offset + i * kSectorBytes, salt, write_number,
               i == 0 ? SectorKind::kRecord : SectorKind::kContinuation, payload_bytes);
    *digest = base::Crc32c({SectorAt(i), sizeof(uint32_t)}, *digest);
  }
  return {buffer_.get(), bytes() + kBlockBytes};
}

bool DecodeRecord(std::string_view items, RecordContent* content) {
  *content = {};
  while (!items.empty()) {
    uint64_t tag;
    if (!base::TakeVarint(&items, &tag)) return false;
    if (tag == kEntry) {
      uint64_t term, index, type, length;
      if (!TakeVarints(&items, &term, &index, &type, &length) || length > items.size()) return false;
      if (type > static_cast<uint64_t>(raft::EntryType::kConfigurationChange)) return false;
      content->entries.push_back({term, index, static_cast<raft::EntryType>(type), items.substr(0, length)});
      items.remove_prefix(length);
    } else if (tag == kHardState) {
      raft::HardState& state = content->hard_state.emplace();
      if (!TakeVarints(&items, &state.term, &state.vote, &state.commit)) return false;
    } else if (tag == kReset) {
      auto& [index, term] = content->reset.emplace();
      if (!TakeVarints(&items, &index, &term)) return false;
    } else {
      return false;
    }
  }
  return true;
}

RecordState JoinRecord(std::string_view sectors, uint64_t offset, uint32_t salt, std::string* items, uint32_t* digest,
                       uint64_t* damaged_at) {
  items->clear();
  *digest = 0;
  uint32_t write_number = 0;
  bool torn = false;
  for (uint64_t at = 0; at < sectors.size(); at += kSectorBytes) {
    const std::string_view bytes = sectors.substr(at, kSectorBytes);
    Sector sector;
    const SectorState state = Inspect(bytes, offset + at, salt, &sector);
    const bool written = state == SectorState::kWritten;
    if (at == 0) write_number = sector.write_number;
    const bool misplaced = written && sector.write_number == write_number &&
                           (sector.kind != (at == 0 ? SectorKind::kRecord : SectorKind::kContinuation) ||
                            (at == 0 && sector.payload.size() < RecordHead::kBytes) ||
                            (at + kSectorBytes < sectors.size() && sector.payload.size() != kSectorPayloadBytes));
    if (state == SectorState::kDamaged || misplaced) {
      *damaged_at = offset + at;
      return RecordState::kDamaged;
    }
    if (!written || sector.write_number != write_number) {
      torn = true;
      continue;
    }
    items->append(at == 0 ? sector.payload.substr(RecordHead::kBytes) : sector.payload);
    *digest = base::Crc32c(bytes.substr(0, sizeof(uint32_t)), *digest);
  }
  return torn ? RecordState::kTorn : RecordState::kWhole;
}

}  // namespace quorate::wal
