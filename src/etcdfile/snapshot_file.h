#pragma once

#include <memory>

#include "quorate/etcdfile/reader.h"
#include "src/etcdfile/page_file.h"

namespace quorate::etcdfile {

struct SnapshotFile::Rep {
  std::unique_ptr<PageFile> pages;
};

// A key of history in 128 bits, for tables of very many keys. Good within one process only.
struct KeyMark {
  uint64_t high = 0;
  uint64_t low = 0;

  friend bool operator==(const KeyMark&, const KeyMark&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const KeyMark& mark) {
    return H::combine(std::move(hash), mark.high, mark.low);
  }
};
KeyMark MarkOf(std::string_view key);

// What the hashes need of a mvccpb.KeyValue, which the file may hold in any form that protobuf reads. False when it is
// malformed; fields that are not there stay at their defaults.
struct EntryFields {
  std::string_view key;
  int64_t created = 0;
  int64_t modified = 0;
};
bool DecodeEntry(std::string_view kv, EntryFields* fields);

}  // namespace quorate::etcdfile
