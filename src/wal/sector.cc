#include "src/wal/sector.h"

#include <algorithm>

#include "quorate/base/check.h"
#include "quorate/base/crc32c.h"
#include "quorate/base/little_endian.h"

namespace quorate::wal {
namespace {

uint32_t Checksum(const char* bytes, uint64_t offset) {
  char place[sizeof(offset)];
  base::PutLittleEndian(place, offset);
  const uint32_t content = base::Crc32c({bytes + sizeof(uint32_t), kSectorBytes - sizeof(uint32_t)});
  return base::Crc32c({place, sizeof(place)}, content);
}

bool IsBlank(std::string_view bytes) {
  return bytes[0] == 0 && std::equal(bytes.begin() + 1, bytes.end(), bytes.begin());
}

}  // namespace

void SealSector(char* bytes, uint64_t offset, uint32_t salt, uint32_t write_number, SectorKind kind,
                uint16_t payload_bytes) {
  base::PutLittleEndian(bytes + 4, salt);
  base::PutLittleEndian(bytes + 8, write_number);
  bytes[12] = static_cast<char>(kind);
  bytes[13] = 0;
  base::PutLittleEndian(bytes + 14, payload_bytes);
  base::PutLittleEndian(bytes, Checksum(bytes, offset));
}

SectorState Inspect(std::string_view bytes, uint64_t offset, uint32_t salt, Sector* sector) {
  QUORATE_CHECK(bytes.size() == kSectorBytes);
  if (IsBlank(bytes)) return SectorState::kBlank;
  if (base::ReadLittleEndian<uint32_t>(bytes.data()) != Checksum(bytes.data(), offset)) return SectorState::kDamaged;
  const uint16_t payload_bytes = base::ReadLittleEndian<uint16_t>(bytes.data() + 14);
  if (payload_bytes > kSectorPayloadBytes) return SectorState::kDamaged;
  sector->salt = base::ReadLittleEndian<uint32_t>(bytes.data() + 4);
  sector->write_number = base::ReadLittleEndian<uint32_t>(bytes.data() + 8);
  sector->kind = static_cast<SectorKind>(bytes[12]);
  sector->payload = bytes.substr(kSectorHeaderBytes, payload_bytes);
  return sector->salt == salt ? SectorState::kWritten : SectorState::kStale;
}

}  // namespace quorate::wal
