#pragma once

// Records of `revs`: one change each, its mvccpb.KeyValue in wire form after a short head (docs/formats/store.md).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quorate/base/buffer.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/etcd_form.h"
#include "quorate/mvcc/key_index.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

// A record's parts; views into its bytes.
struct Record {
  bool deleted = false;
  Revision previous;  // of the key's former value; main 0: there was none
  uint16_t previous_size_class = 0;
  size_t kv_offset = 0;
  std::string_view kv;  // the mvccpb.KeyValue
};

// `previous`: the key's state before, nullopt when it was not there.
base::Buffer EncodePut(std::string_view key, std::string_view value, const KeyState& state,
                       const std::optional<KeyState>& previous);
// A tombstone's KeyValue has the key and the revision of the deletion.
base::Buffer EncodeTombstone(std::string_view key, int64_t modified, const std::optional<KeyState>& previous);
// nullopt when malformed.
std::optional<Record> DecodeRecord(std::string_view bytes);
// Where a well-formed record's KeyValue begins; stops the process on another.
size_t KeyValueOffset(std::string_view bytes);
// What a stored record says of its key; DataLoss when it is malformed.
absl::StatusOr<KeyValueFields> FieldsOfRecord(std::string_view bytes);
absl::Status MalformedRecord();

// A KeyValue without its value, made from the index alone.
std::string EncodeKeyOnly(std::string_view key, const KeyState& state, bool with_lease);

}  // namespace quorate::mvcc
