#pragma once

// Entries of `keys` that are still to be written, one after the other in one buffer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/mvcc/revision.h"
#include "quorate/storage/database.h"

namespace quorate::mvcc {

class KeysRun {
 public:
  void Add(std::string_view key, Revision revision, std::string_view value);
  size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  size_t bytes() const { return bytes_.size(); }
  std::string_view key(size_t i) const;
  std::string_view value(size_t i) const;

 private:
  struct Place {
    size_t key;
    size_t value;
  };
  std::string bytes_;
  std::vector<Place> places_;
};

// The entries of several runs in the order of their keys. The runs must outlive it, unchanged.
class SortedKeys {
 public:
  explicit SortedKeys(const std::vector<KeysRun>& runs);
  size_t size() const { return entries_.size(); }
  // Adds the entries [from, to) to a batch.
  void AddTo(storage::WriteBatch* batch, size_t from, size_t to) const;

 private:
  struct Entry {
    uint64_t head;  // the key's first bytes as a number, which settles most comparisons
    std::string_view key;
    std::string_view value;
  };
  std::vector<Entry> entries_;
};

}  // namespace quorate::mvcc
