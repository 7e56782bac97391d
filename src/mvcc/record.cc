#include "src/mvcc/record.h"

#include <cstring>

#include "quorate/base/check.h"
#include "quorate/base/wire.h"

namespace quorate::mvcc {
namespace {

using base::wire::MakeTag;
using base::wire::PutVarint;
using base::wire::Type;
using base::wire::VarintSize;

constexpr char kTombstone = 0;
constexpr char kPut = 1;

// Field numbers of mvccpb.KeyValue.
constexpr uint32_t kKey = 1;
constexpr uint32_t kCreated = 2;
constexpr uint32_t kModified = 3;
constexpr uint32_t kVersion = 4;
constexpr uint32_t kValue = 5;
constexpr uint32_t kLease = 6;

size_t NumberFieldSize(int64_t number) { return number == 0 ? 0 : 1 + VarintSize(static_cast<uint64_t>(number)); }
size_t BytesFieldSize(std::string_view bytes) {
  return bytes.empty() ? 0 : 1 + VarintSize(bytes.size()) + bytes.size();
}

// Writes at `out`, which has room for exactly what was measured: varints are written in place, never ahead.
char* PutNumberField(char* out, uint32_t field, int64_t number) {
  if (number == 0) return out;
  *out++ = static_cast<char>(MakeTag(field, Type::kVarint));
  return PutVarint(out, static_cast<uint64_t>(number));
}

char* PutBytesField(char* out, uint32_t field, std::string_view bytes) {
  if (bytes.empty()) return out;
  *out++ = static_cast<char>(MakeTag(field, Type::kBytes));
  out = PutVarint(out, bytes.size());
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

// The value comes last, whatever its number: keys-only readers stop before it, and large values stay one run.
base::Buffer Encode(char kind, const KeyState& previous, const KeyValueFields& fields) {
  const Revision former = previous.modified;
  const size_t size = 1 + VarintSize(former.main) + VarintSize(former.sub) + VarintSize(previous.size_class) +
                      BytesFieldSize(fields.key) + NumberFieldSize(fields.created) + NumberFieldSize(fields.modified) +
                      NumberFieldSize(fields.version) + NumberFieldSize(fields.lease) + BytesFieldSize(fields.value);
  base::Buffer buffer = base::Buffer::Allocate(size);
  char* out = buffer.mutable_data();
  *out++ = kind;
  out = PutVarint(out, static_cast<uint64_t>(former.main));
  out = PutVarint(out, static_cast<uint64_t>(former.sub));
  out = PutVarint(out, previous.size_class);
  out = PutBytesField(out, kKey, fields.key);
  out = PutNumberField(out, kCreated, fields.created);
  out = PutNumberField(out, kModified, fields.modified);
  out = PutNumberField(out, kVersion, fields.version);
  out = PutNumberField(out, kLease, fields.lease);
  out = PutBytesField(out, kValue, fields.value);
  QUORATE_CHECK(out == buffer.data() + size);
  return buffer;
}

// Reads a varint of a record's head; false at the end of the bytes.
bool ReadHeadNumber(std::string_view bytes, size_t* at, int64_t* number) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && *at < bytes.size(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes[(*at)++]);
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *number = static_cast<int64_t>(value);
      return true;
    }
  }
  return false;
}

}  // namespace

base::Buffer EncodePut(std::string_view key, std::string_view value, const KeyState& state,
                       const std::optional<KeyState>& previous) {
  return Encode(kPut, previous.value_or(KeyState()),
                {.key = key,
                 .created = state.created,
                 .modified = state.modified.main,
                 .version = state.version,
                 .lease = state.lease,
                 .value = value});
}

base::Buffer EncodeTombstone(std::string_view key, int64_t modified, const std::optional<KeyState>& previous) {
  return Encode(kTombstone, previous.value_or(KeyState()), {.key = key, .modified = modified, .value = {}});
}

std::optional<Record> DecodeRecord(std::string_view bytes) {
  if (bytes.empty() || (bytes[0] != kTombstone && bytes[0] != kPut)) return std::nullopt;
  Record record;
  record.deleted = bytes[0] == kTombstone;
  record.kv_offset = 1;
  int64_t size_class;
  if (!ReadHeadNumber(bytes, &record.kv_offset, &record.previous.main) ||
      !ReadHeadNumber(bytes, &record.kv_offset, &record.previous.sub) ||
      !ReadHeadNumber(bytes, &record.kv_offset, &size_class)) {
    return std::nullopt;
  }
  record.previous_size_class = static_cast<uint16_t>(size_class);
  record.kv = bytes.substr(record.kv_offset);
  return record;
}

size_t KeyValueOffset(std::string_view bytes) {
  size_t at = 1;
  int64_t ignored;
  const bool well_formed = ReadHeadNumber(bytes, &at, &ignored) && ReadHeadNumber(bytes, &at, &ignored) &&
                           ReadHeadNumber(bytes, &at, &ignored);
  QUORATE_CHECK(well_formed) << "a record's head is malformed";
  return at;
}

std::string EncodeKeyOnly(std::string_view key, const KeyState& state, bool with_lease) {
  std::string out;
  base::wire::AppendBytesField(&out, kKey, key);
  base::wire::AppendInt64Field(&out, kCreated, state.created);
  base::wire::AppendInt64Field(&out, kModified, state.modified.main);
  base::wire::AppendInt64Field(&out, kVersion, state.version);
  if (with_lease) base::wire::AppendInt64Field(&out, kLease, state.lease);
  return out;
}

}  // namespace quorate::mvcc
