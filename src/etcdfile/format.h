#pragma once

// The bytes of a bbolt database: pages, their heads and tables, the two meta pages (docs/formats/etcd-snapshot.md).
// All numbers are little-endian.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "quorate/base/little_endian.h"

namespace quorate::etcdfile {

template <typename Number>
Number LoadNumber(std::string_view bytes, size_t offset) {
  return base::ReadLittleEndian<Number>(bytes.data() + offset);
}

inline constexpr uint32_t kPageBytesMin = 4096;
inline constexpr uint32_t kPageBytesMax = 65536;
inline constexpr bool IsPageSize(uint64_t bytes) {
  return bytes >= kPageBytesMin && bytes <= kPageBytesMax && std::has_single_bit(bytes);
}

// --- A page's head: id (8), kind (2), count (2), how many pages follow as part of it (4).
inline constexpr size_t kPageHeadBytes = 16;
enum PageKind : uint16_t { kBranchPage = 0x01, kLeafPage = 0x02, kMetaPage = 0x04, kFreelistPage = 0x10 };

struct PageHead {
  uint64_t id = 0;
  uint16_t kind = 0;
  uint16_t count = 0;
  uint32_t overflow = 0;
};

inline PageHead LoadPageHead(std::string_view bytes) {
  return {LoadNumber<uint64_t>(bytes, 0), LoadNumber<uint16_t>(bytes, 8), LoadNumber<uint16_t>(bytes, 10),
          LoadNumber<uint32_t>(bytes, 12)};
}
inline void AppendPageHead(const PageHead& head, std::string* out) {
  base::AppendLittleEndian(out, head.id);
  base::AppendLittleEndian(out, head.kind);
  base::AppendLittleEndian(out, head.count);
  base::AppendLittleEndian(out, head.overflow);
}

// --- Tables of elements follow the head; an element's data lies `position` bytes behind the element's own start.
// Leaf: flags (4), position (4), key size (4), value size (4). Branch: position (4), key size (4), child page (8).
inline constexpr size_t kElementBytes = 16;
inline constexpr uint32_t kBucketElement = 0x01;
inline constexpr size_t kKeyBytesMax = 32768;

// --- A bucket, as the value of its name: root page (8), sequence (8); root 0 means that one leaf page follows inline.
inline constexpr size_t kBucketHeadBytes = 16;

// --- Meta pages are pages 0 and 1.
inline constexpr uint32_t kMagic = 0xED0CDAED;
inline constexpr uint32_t kVersion = 2;
inline constexpr uint64_t kFirstDataPage = 2;
inline constexpr uint64_t kNoFreelist = ~uint64_t{0};
inline constexpr size_t kMetaBytes = 64;
inline constexpr size_t kMetaEnd = kPageHeadBytes + kMetaBytes;

struct MetaPage {
  uint32_t page_bytes = 0;
  uint64_t root = 0;        // of the bucket that holds all others
  uint64_t freelist = 0;    // kNoFreelist: free pages are not listed
  uint64_t page_count = 0;  // the pages in use or free; none lies behind
  uint64_t transaction = 0;
};

// FNV-1a, 64 bits, over what stands before it.
inline uint64_t MetaChecksum(std::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash ^= static_cast<uint8_t>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

inline constexpr size_t kTrailerBytes = 32;  // a SHA-256
// As etcdutl decides: a database is a multiple of 512 bytes.
inline constexpr uint64_t kSectorBytes = 512;
inline constexpr bool HasTrailer(uint64_t file_bytes) { return file_bytes % kSectorBytes == kTrailerBytes; }
// A size that is neither a database's nor that of one with its trailer.
inline constexpr bool IsCutShort(uint64_t file_bytes) {
  return file_bytes % kSectorBytes != 0 && !HasTrailer(file_bytes);
}

}  // namespace quorate::etcdfile
