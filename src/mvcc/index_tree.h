#pragma once

// Reading one state of the key index's tree: any thread that keeps the state from being freed (index_pins.h).

#include <cstdint>
#include <string_view>

#include "quorate/mvcc/key_range.h"
#include "src/mvcc/index_node.h"

namespace quorate::mvcc::index {

// One state of the tree. The revision comes first, as that of birth does in nodes and items.
struct Root {
  int64_t revision;
  Node* node;
  uint64_t size;
};

// Asks for an item's header and first key bytes; they may lie on two lines.
inline void Prefetch(const Item* item) {
  __builtin_prefetch(item);
  __builtin_prefetch(reinterpret_cast<const char*>(item) + 48);
}

// Null when there is none.
const Item* FindItem(const Node* node, std::string_view key);
// How many keys lie in the range.
uint64_t CountRange(const Root& root, const KeyRange& range);

// Calls visit(item) for the keys at or above `*begin` and below `*end` (null: no bound) in order until it returns
// false; tells whether it never did.
template <typename Visit>
bool Walk(const Node* node, const std::string_view* begin, const std::string_view* end, const Visit& visit) {
  if (node->leaf) {
    constexpr uint32_t kAhead = 12;
    const auto& leaf = *static_cast<const Leaf*>(node);
    const uint32_t from = begin == nullptr ? 0 : Search(leaf, *begin).slot;
    const uint32_t to = end == nullptr ? leaf.size : Search(leaf, *end).slot;
    for (uint32_t i = from; i < to && i < from + kAhead; ++i) Prefetch(leaf.item[i]);
    for (uint32_t i = from; i < to; ++i) {
      if (i + kAhead < to) Prefetch(leaf.item[i + kAhead]);
      if (!visit(*leaf.item[i])) return false;
    }
    return true;
  }
  const auto& inner = *static_cast<const Inner*>(node);
  const uint32_t from = begin == nullptr ? 0 : Search(inner, *begin);
  const uint32_t to = end == nullptr ? inner.size - 1u : Search(inner, *end);
  for (uint32_t i = from; i <= to; ++i) {
    if (i < to) Prefetch(inner.child[i + 1]);
    if (!Walk(inner.child[i], i == from ? begin : nullptr, i == to ? end : nullptr, visit)) return false;
  }
  return true;
}

template <typename Visit>
void WalkRange(const Root& root, const KeyRange& range, const Visit& visit) {
  if (range.single) {
    if (const Item* item = FindItem(root.node, range.begin)) visit(*item);
  } else if (range.unbounded) {
    Walk(root.node, &range.begin, nullptr, visit);
  } else if (range.begin < range.end) {
    Walk(root.node, &range.begin, &range.end, visit);
  }
}

}  // namespace quorate::mvcc::index
