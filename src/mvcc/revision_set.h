#pragma once

// A set of revisions that takes one to two bytes each where they lie dense, for the millions that a compaction can
// leave waiting: those of the first change of a transaction as bits or short numbers in blocks of 65,536 main
// revisions, the few others as they are.

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

class RevisionSet {
 public:
  // Negative revisions are not for it.
  void Insert(Revision revision);
  // To be called once after the last Insert and before the first Contains.
  void Seal();
  bool Contains(Revision revision) const;

 private:
  static constexpr size_t kBlockRevisions = 1 << 16;
  // Beyond this many, a bit for each revision of the block takes less.
  static constexpr size_t kSparseMax = kBlockRevisions / 16;

  struct Block {
    std::vector<uint16_t> sparse;
    std::vector<uint64_t> bits;  // empty while sparse is used
  };

  absl::flat_hash_map<uint64_t, Block> blocks_;
  absl::flat_hash_set<std::pair<int64_t, int64_t>> others_;
};

}  // namespace quorate::mvcc
