#include "src/wal/segment.h"

#include <charconv>
#include <cstdio>
#include <cstring>

#include "quorate/base/check.h"
#include "quorate/base/little_endian.h"

namespace quorate::wal {
namespace {

constexpr char kMagic[] = "quorate wal\0\0\0\0\1";  // ends with the version, big endian
constexpr size_t kMagicBytes = sizeof(kMagic) - 1;
constexpr std::string_view kNameEnd = ".wal";
constexpr size_t kNameDigits = 16;
constexpr int kNumbers = 11;

}  // namespace

std::string SegmentHead::Encode() const {
  std::string block(kBlockBytes, '\0');
  char* at = block.data() + kSectorHeaderBytes;
  std::memcpy(at, kMagic, kMagicBytes);
  at += kMagicBytes;
  const uint64_t numbers[kNumbers] = {
      identity.cluster_id, identity.member_id, sequence,         bytes, chain, previous_end, first_index, previous_term,
      hard_state.term,     hard_state.vote,    hard_state.commit};
  for (const uint64_t number : numbers) at = base::PutLittleEndian(at, number);
  SealSector(block.data(), 0, salt, 0, SectorKind::kSegment,
             static_cast<uint16_t>(at - block.data() - kSectorHeaderBytes));
  return block;
}

std::optional<SegmentHead> SegmentHead::Decode(std::string_view block) {
  if (block.size() < kSectorBytes) return std::nullopt;
  Sector sector;
  const SectorState state =
      Inspect(block.substr(0, kSectorBytes), 0, base::ReadLittleEndian<uint32_t>(block.data() + 4), &sector);
  if (state != SectorState::kWritten || sector.kind != SectorKind::kSegment) return std::nullopt;
  if (sector.payload.size() != kMagicBytes + kNumbers * sizeof(uint64_t)) return std::nullopt;
  if (sector.payload.substr(0, kMagicBytes) != std::string_view(kMagic, kMagicBytes)) return std::nullopt;
  uint64_t numbers[kNumbers];
  const char* at = sector.payload.data() + kMagicBytes;
  for (uint64_t& number : numbers) {
    number = base::ReadLittleEndian<uint64_t>(at);
    at += sizeof(number);
  }
  SegmentHead head;
  head.identity = {.cluster_id = numbers[0], .member_id = numbers[1]};
  head.sequence = numbers[2];
  head.bytes = numbers[3];
  head.salt = sector.salt;
  head.chain = static_cast<uint32_t>(numbers[4]);
  head.previous_end = numbers[5];
  head.first_index = numbers[6];
  head.previous_term = numbers[7];
  head.hard_state = {.term = numbers[8], .vote = numbers[9], .commit = numbers[10]};
  return head;
}

std::string SegmentName(uint64_t sequence, raft::Index first_index) {
  char name[2 * kNameDigits + 8];
  std::snprintf(name, sizeof(name), "%016llx-%016llx.wal", static_cast<unsigned long long>(sequence),
                static_cast<unsigned long long>(first_index));
  return name;
}

std::optional<SegmentPlace> ParseSegmentName(std::string_view name) {
  if (name.size() != 2 * kNameDigits + 1 + kNameEnd.size() || name[kNameDigits] != '-' || !name.ends_with(kNameEnd)) {
    return std::nullopt;
  }
  SegmentPlace place;
  const auto parse = [](std::string_view digits, uint64_t* value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *value, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!parse(name.substr(0, kNameDigits), &place.sequence)) return std::nullopt;
  if (!parse(name.substr(kNameDigits + 1, kNameDigits), &place.first_index)) return std::nullopt;
  return place;
}

std::string EncodeMark(SectorKind kind, uint64_t offset, uint32_t salt, uint32_t write_number) {
  QUORATE_CHECK(kind == SectorKind::kMark || kind == SectorKind::kSeal);
  std::string block(kBlockBytes, '\0');
  char* const payload = block.data() + kSectorHeaderBytes;
  base::PutLittleEndian(payload + 8, offset);  // where a record has its `synced`
  SealSector(block.data(), offset, salt, write_number, kind, 16);
  return block;
}

}  // namespace quorate::wal
