// What RocksDB gives back: records of history, entries of `keys`, numbers, and etcd's forms of them. What can
// be decoded is encoded to the same again.

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "src/mvcc/key_codec.h"
#include "src/mvcc/record.h"

namespace quorate::fuzz {
namespace {

void TryRecord(std::string_view bytes) {
  const std::optional<mvcc::Record> record = mvcc::DecodeRecord(bytes);
  if (!record.has_value()) return;
  QUORATE_CHECK(mvcc::KeyValueOffset(bytes) == record->kv_offset);
  QUORATE_CHECK(record->kv_offset + record->kv.size() == bytes.size());
}

void TryKeyValue(std::string_view bytes) {
  const std::optional<mvcc::KeyValueFields> fields = mvcc::DecodeKeyValue(bytes);
  if (!fields.has_value()) return;
  for (const bool deleted : {false, true}) {
    const std::string encoded = mvcc::EncodeAsEtcd(*fields, deleted);
    QUORATE_CHECK(encoded.size() == mvcc::BytesAsEtcd(*fields, deleted));
    const std::optional<mvcc::KeyValueFields> again = mvcc::DecodeKeyValue(encoded);
    QUORATE_CHECK(again.has_value() && again->key == fields->key);
    if (!deleted) QUORATE_CHECK(again->value == fields->value && again->lease == fields->lease);
  }
}

void TryKeys(std::string_view bytes) {
  mvcc::Revision revision;
  const std::optional<std::string_view> prefix = mvcc::SplitKeyAt(bytes, &revision);
  if (prefix.has_value()) {
    if (const auto key = mvcc::DecodeKeyPrefix(*prefix); key.has_value()) {
      QUORATE_CHECK(mvcc::EncodeKeyPrefix(*key) == *prefix);
      QUORATE_CHECK(mvcc::EncodeKeyAt(*key, revision) == bytes);
    }
  }
  std::optional<mvcc::KeyState> state;
  mvcc::DecodeKeyState(bytes, {5, 0}, &state);
}

void TryNumbers(std::string_view bytes) {
  if (const auto revision = mvcc::DecodeRevision(bytes); revision.has_value()) {
    QUORATE_CHECK(mvcc::View(mvcc::EncodeRevision(*revision)) == bytes);
  }
  if (const auto number = mvcc::DecodeNumber(bytes); number.has_value()) {
    QUORATE_CHECK(mvcc::EncodeNumber(*number) == bytes);
  }
  if (const auto key = mvcc::DecodeEtcdKey(bytes); key.has_value()) {
    QUORATE_CHECK(mvcc::EncodeEtcdKey(key->revision, false).substr(0, mvcc::kEtcdKeyBytes) ==
                  bytes.substr(0, mvcc::kEtcdKeyBytes));
  }
}

}  // namespace

void Try(std::string_view bytes) {
  Input input(bytes);
  switch (input.Number(1) % 4) {
    case 0:
      return TryRecord(input.Rest());
    case 1:
      return TryKeyValue(input.Rest());
    case 2:
      return TryKeys(input.Rest());
    case 3:
      return TryNumbers(input.Rest());
  }
}

std::vector<std::string> Seeds() {
  const mvcc::KeyState state = {.modified = {7, 1}, .created = 5, .version = 2, .lease = 9, .size_class = 3};
  const std::string put(mvcc::EncodePut("key", "value", state, state).view());
  const std::string kv = put.substr(mvcc::KeyValueOffset(put));
  const std::string revision(mvcc::View(mvcc::EncodeRevision({7, 1})));
  return {'\0' + put,
          '\0' + std::string(mvcc::EncodeTombstone("key", 8, state).view()),
          '\1' + kv,
          '\2' + mvcc::EncodeKeyAt(std::string("k\0\1", 3), {7, 1}),
          '\2' + mvcc::EncodeKeyState(state),
          '\2' + mvcc::EncodeKeyDeletion(),
          '\3' + revision,
          '\3' + mvcc::EncodeNumber(77),
          '\3' + mvcc::EncodeEtcdKey({7, 1}, true)};
}

}  // namespace quorate::fuzz
