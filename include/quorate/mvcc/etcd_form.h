#pragma once

// The form in which etcd itself stores a change of a key: what its hashes are taken over and its snapshot files hold.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

// The fields of a mvccpb.KeyValue; views into its bytes.
struct KeyValueFields {
  std::string_view key;
  int64_t created = 0;
  int64_t modified = 0;
  int64_t version = 0;
  int64_t lease = 0;
  std::string_view value;
};

// Fields in any order; nullopt when malformed, when a field is unknown, and when there is no key. Only no bytes at all
// are a key-value without a key: of the record of no key (docs/formats/store.md).
std::optional<KeyValueFields> DecodeKeyValue(std::string_view kv);
// Fields in the order of their numbers, a tombstone's key alone.
std::string EncodeAsEtcd(const KeyValueFields& fields, bool deleted);
void AppendAsEtcd(const KeyValueFields& fields, bool deleted, std::string* out);
// How much that appends.
size_t BytesAsEtcd(const KeyValueFields& fields, bool deleted);

// Main and sub revision, eight bytes big-endian each, with '_' between them; a deletion has 't' behind.
inline constexpr size_t kEtcdKeyBytes = 17;
std::string EncodeEtcdKey(Revision revision, bool deleted);
// nullopt when it is none: of another length, without the separator, or a negative number. As etcd reads it, any other
// mark than 't' is taken for none.
struct EtcdKey {
  Revision revision;
  bool deleted = false;
};
std::optional<EtcdKey> DecodeEtcdKey(std::string_view key);

}  // namespace quorate::mvcc
