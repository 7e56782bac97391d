#include "src/mvcc/record.h"

#include <cstring>
#include <limits>

#include "quorate/base/check.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"
#include "src/mvcc/key_value_fields.h"

namespace quorate::mvcc {
namespace {

using base::wire::MakeTag;
using base::wire::PutVarint;
using base::wire::Type;
using base::wire::VarintSize;

constexpr char kTombstone = 0;
constexpr char kPut = 1;

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
                      BytesFieldBytes(fields.key) + NumberFieldBytes(fields.created) +
                      NumberFieldBytes(fields.modified) + NumberFieldBytes(fields.version) +
                      NumberFieldBytes(fields.lease) + BytesFieldBytes(fields.value);
  base::Buffer buffer = base::Buffer::Allocate(size);
  char* out = buffer.mutable_data();
  *out++ = kind;
  out = PutVarint(out, static_cast<uint64_t>(former.main));
  out = PutVarint(out, static_cast<uint64_t>(former.sub));
  out = PutVarint(out, previous.size_class);
  out = PutBytesField(out, kKeyField, fields.key);
  out = PutNumberField(out, kCreatedField, fields.created);
  out = PutNumberField(out, kModifiedField, fields.modified);
  out = PutNumberField(out, kVersionField, fields.version);
  out = PutNumberField(out, kLeaseField, fields.lease);
  out = PutBytesField(out, kValueField, fields.value);
  QUORATE_CHECK(out == buffer.data() + size);
  return buffer;
}

struct HeadNumbers {
  uint64_t main = 0;
  uint64_t sub = 0;
  uint64_t size_class = 0;
};

// Takes what stands between a record's kind and its key-value; false when it is cut off.
bool TakeHeadNumbers(std::string_view* bytes, HeadNumbers* head) {
  return base::TakeVarint(bytes, &head->main) && base::TakeVarint(bytes, &head->sub) &&
         base::TakeVarint(bytes, &head->size_class);
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
  record.kv = bytes.substr(1);
  HeadNumbers head;
  if (!TakeHeadNumbers(&record.kv, &head) || head.size_class > std::numeric_limits<uint16_t>::max()) {
    return std::nullopt;
  }
  record.previous = {static_cast<int64_t>(head.main), static_cast<int64_t>(head.sub)};
  record.previous_size_class = static_cast<uint16_t>(head.size_class);
  record.kv_offset = bytes.size() - record.kv.size();
  return record;
}

size_t KeyValueOffset(std::string_view bytes) {
  std::string_view kv = bytes;
  HeadNumbers ignored;
  if (!kv.empty()) kv.remove_prefix(1);
  QUORATE_CHECK(TakeHeadNumbers(&kv, &ignored)) << "a record's head is malformed";
  return bytes.size() - kv.size();
}

absl::Status MalformedRecord() { return base::MakeStatus(absl::StatusCode::kDataLoss, "a stored record is malformed"); }

absl::StatusOr<KeyValueFields> FieldsOfRecord(std::string_view bytes) {
  const std::optional<Record> record = DecodeRecord(bytes);
  if (!record.has_value()) return MalformedRecord();
  const std::optional<KeyValueFields> fields = DecodeKeyValue(record->kv);
  if (!fields.has_value()) return MalformedRecord();
  return *fields;
}

std::string EncodeKeyOnly(std::string_view key, const KeyState& state, bool with_lease) {
  std::string out;
  base::wire::AppendBytesField(&out, kKeyField, key);
  base::wire::AppendInt64Field(&out, kCreatedField, state.created);
  base::wire::AppendInt64Field(&out, kModifiedField, state.modified.main);
  base::wire::AppendInt64Field(&out, kVersionField, state.version);
  if (with_lease) base::wire::AppendInt64Field(&out, kLeaseField, state.lease);
  return out;
}

}  // namespace quorate::mvcc
