#include "quorate/mvcc/etcd_form.h"

#include "quorate/base/wire.h"
#include "src/mvcc/key_codec.h"

namespace quorate::mvcc {
namespace {

constexpr char kSeparator = '_';
constexpr char kDeletedMark = 't';

// Field numbers of mvccpb.KeyValue.
constexpr uint32_t kKey = 1;
constexpr uint32_t kCreated = 2;
constexpr uint32_t kModified = 3;
constexpr uint32_t kVersion = 4;
constexpr uint32_t kValue = 5;
constexpr uint32_t kLease = 6;

size_t NumberFieldBytes(int64_t number) {
  return number == 0 ? 0 : 1 + base::wire::VarintSize(static_cast<uint64_t>(number));
}
size_t BytesFieldBytes(std::string_view bytes) {
  return bytes.empty() ? 0 : 1 + base::wire::VarintSize(bytes.size()) + bytes.size();
}

}  // namespace

std::optional<KeyValueFields> DecodeKeyValue(std::string_view kv) {
  KeyValueFields fields;
  base::wire::Reader reader(kv);
  while (reader.Next()) {
    switch (reader.field()) {
      case kKey:
        fields.key = reader.bytes();
        break;
      case kCreated:
        fields.created = reader.int64();
        break;
      case kModified:
        fields.modified = reader.int64();
        break;
      case kVersion:
        fields.version = reader.int64();
        break;
      case kLease:
        fields.lease = reader.int64();
        break;
      case kValue:
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
  base::wire::AppendBytesField(out, kKey, fields.key);
  if (deleted) return;
  base::wire::AppendInt64Field(out, kCreated, fields.created);
  base::wire::AppendInt64Field(out, kModified, fields.modified);
  base::wire::AppendInt64Field(out, kVersion, fields.version);
  base::wire::AppendBytesField(out, kValue, fields.value);
  base::wire::AppendInt64Field(out, kLease, fields.lease);
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
