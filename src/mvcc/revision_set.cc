#include "src/mvcc/revision_set.h"

#include <algorithm>

namespace quorate::mvcc {

void RevisionSet::Insert(Revision revision) {
  if (revision.sub != 0) {
    others_.emplace(revision.main, revision.sub);
    return;
  }
  const auto main = static_cast<uint64_t>(revision.main);
  const auto within = static_cast<uint16_t>(main % kBlockRevisions);
  Block& block = blocks_[main / kBlockRevisions];
  if (block.bits.empty()) {
    block.sparse.push_back(within);
    if (block.sparse.size() <= kSparseMax) return;
    block.bits.resize(kBlockRevisions / 64);
    for (const uint16_t one : block.sparse) block.bits[one / 64] |= uint64_t{1} << (one % 64);
    block.sparse = {};
    return;
  }
  block.bits[within / 64] |= uint64_t{1} << (within % 64);
}

void RevisionSet::Seal() {
  for (auto& [number, block] : blocks_) {
    std::sort(block.sparse.begin(), block.sparse.end());
    block.sparse.shrink_to_fit();
  }
}

bool RevisionSet::Contains(Revision revision) const {
  if (revision.sub != 0) return others_.contains({revision.main, revision.sub});
  const auto main = static_cast<uint64_t>(revision.main);
  const auto found = blocks_.find(main / kBlockRevisions);
  if (found == blocks_.end()) return false;
  const Block& block = found->second;
  const auto within = static_cast<uint16_t>(main % kBlockRevisions);
  if (block.bits.empty()) return std::binary_search(block.sparse.begin(), block.sparse.end(), within);
  return (block.bits[within / 64] >> (within % 64) & 1) != 0;
}

}  // namespace quorate::mvcc
