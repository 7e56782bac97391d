#include "quorate/mvcc/etcd_form.h"

#include "quorate/base/wire.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/key_value_fields.h"

namespace quorate::mvcc {
namespace {

constexpr char kSeparator = '_';
constexpr char kDeletedMark = 't';

}  // namespace

std::optional<KeyValueFields> DecodeKeyValue(std::string_view kv) {
  KeyValueFields fields;
  base::wire::Reader reader(kv);
  while (reader.Next()) {
    switch (reader.field()) {
      case kKeyField:
        fields.key = reader.bytes();
        break;
      case kCreatedField:
        fields.created = reader.int64();
        break;
      case kModifiedField:
        fields.modified = reader.int64();
        break;
      case kVersionField:
        fields.version = reader.int64();
        break;
      case kLeaseField:
        fields.lease = reader.int64();
        break;
      case kValueField:
        fields.value = reader.bytes();
        break;
      default:
        return std::nullopt;
    }
  }
  if (!reader.ok() || (fields.key.empty() && !kv.empty())) return std::nullopt;
  return fields;
}

void AppendAsEtcd(const KeyValueFields& fields, bool deleted, std::string* out) {
  base::wire::AppendBytesField(out, kKeyField, fields.key);
  if (deleted) return;
  base::wire::AppendInt64Field(out, kCreatedField, fields.created);
  base::wire::AppendInt64Field(out, kModifiedField, fields.modified);
  base::wire::AppendInt64Field(out, kVersionField, fields.version);
  base::wire::AppendBytesField(out, kValueField, fields.value);
  base::wire::AppendInt64Field(out, kLeaseField, fields.lease);
}

size_t BytesAsEtcd(const KeyValueFields& fields, bool deleted) {
  const size_t key = BytesFieldBytes(fields.key);
  if (deleted) return key;
  return key + NumberFieldBytes(fields.created) + NumberFieldBytes(fields.modified) + NumberFieldBytes(fields.version) +
         BytesFieldBytes(fields.value) + NumberFieldBytes(fields.lease);
}

std::string EncodeAsEtcd(const KeyValueFields& fields, bool deleted) {
  std::string out;
  AppendAsEtcd(fields, deleted, &out);
  return out;
}

std::string EncodeEtcdKey(Revision revision, bool deleted) {
  const RevisionKey key = EncodeRevision(revision);
  std::string out(key.data(), 8);
  out += kSeparator;
  out.append(key.data() + 8, 8);
  if (deleted) out += kDeletedMark;
  return out;
}

std::optional<EtcdKey> DecodeEtcdKey(std::string_view key) {
  if (key.size() != kEtcdKeyBytes && key.size() != kEtcdKeyBytes + 1) return std::nullopt;
  if (key[8] != kSeparator) return std::nullopt;
  const std::optional<uint64_t> main = DecodeNumber(key.substr(0, 8));
  const std::optional<uint64_t> sub = DecodeNumber(key.substr(9, 8));
  if (!main.has_value() || !sub.has_value()) return std::nullopt;
  const Revision revision{static_cast<int64_t>(*main), static_cast<int64_t>(*sub)};
  if (revision.main < 0 || revision.sub < 0) return std::nullopt;
  return EtcdKey{revision, key.size() > kEtcdKeyBytes && key[kEtcdKeyBytes] == kDeletedMark};
}

}  // namespace quorate::mvcc
