#pragma once

// The keys that a list answers with, as a scan comes by them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "quorate/mvcc/key_index.h"
#include "quorate/mvcc/request.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

struct Selected {
  // The key's bytes live for as long as this does.
  Selected(std::string_view key, const KeyState& state) : key(key), state(state) {}
  // Copies them if the source it was found in does not keep them.
  Selected(const KeySource& source, std::string_view key, const KeyState& state);

  std::string_view key;
  KeyState state;
  std::unique_ptr<char[]> copy;  // null: none was needed
};

// Where their records are, each at its place.
std::vector<Revision> RevisionsOf(const std::vector<Selected>& keys);

// Orders what is in key order by a number of its states; equal ones stay in key order.
void SortByNumber(SortTarget target, SortOrder order, std::vector<Selected>* keys);

// The first so many of a list in an order that takes no record to know and is not that of the scan: by a number, or by
// key from the last on. Which they are is known only at the end of the scan, but no more than twice as many are kept on
// the way, however many there are.
class FirstInOrder {
 public:
  // `limit` is not 0.
  FirstInOrder(SortTarget target, SortOrder order, uint64_t limit);

  // In ascending key order.
  void Add(const KeySource& source, std::string_view key, const KeyState& state);
  uint64_t added() const { return added_; }
  size_t kept() const { return keys_.size(); }
  // In their order; equal ones in key order.
  std::vector<Selected> Take() &&;

 private:
  void Cut();

  const SortTarget target_;
  const SortOrder order_;
  const uint64_t limit_;
  const uint64_t room_;
  uint64_t added_ = 0;
  bool is_cut_ = false;  // the first `limit_` of keys_ are in order, and what comes has to be before the last of them
  std::vector<Selected> keys_;
};

}  // namespace quorate::mvcc
