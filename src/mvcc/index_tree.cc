#include "src/mvcc/index_tree.h"

namespace quorate::mvcc::index {
namespace {

// How many keys lie below `key`.
uint64_t Rank(const Node* node, std::string_view key) {
  uint64_t rank = 0;
  while (!node->leaf) {
    const auto& inner = *static_cast<const Inner*>(node);
    const uint32_t slot = Search(inner, key);
    Prefetch(inner.child[slot]);
    for (uint32_t i = 0; i < slot; ++i) rank += inner.count[i];
    node = inner.child[slot];
  }
  return rank + Search(*static_cast<const Leaf*>(node), key).slot;
}

}  // namespace

const Item* FindItem(const Node* node, std::string_view key) {
  while (!node->leaf) {
    const auto& inner = *static_cast<const Inner*>(node);
    node = inner.child[Search(inner, key)];
    Prefetch(node);
  }
  const auto& leaf = *static_cast<const Leaf*>(node);
  const LeafPosition position = Search(leaf, key);
  return position.found ? leaf.item[position.slot] : nullptr;
}

uint64_t CountRange(const Root& root, const KeyRange& range) {
  if (range.single) return FindItem(root.node, range.begin) != nullptr ? 1 : 0;
  if (range.IsEmpty()) return 0;
  const uint64_t before = Rank(root.node, range.begin);
  return (range.unbounded ? root.size : Rank(root.node, range.end)) - before;
}

}  // namespace quorate::mvcc::index
