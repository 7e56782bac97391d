#include "src/mvcc/index_node.h"

namespace quorate::mvcc::index {
namespace {

// Both are known to share the first `skip` bytes.
int CompareFrom(std::string_view a, std::string_view b, size_t skip) {
  a.remove_prefix(skip);
  b.remove_prefix(skip);
  return a.compare(b);
}

template <typename T>
void OpenGap(T* array, uint32_t size, uint32_t slot) {
  memmove(array + slot + 1, array + slot, (size - slot) * sizeof(T));
}

template <typename T>
void CloseGap(T* array, uint32_t size, uint32_t slot) {
  memmove(array + slot, array + slot + 1, (size - slot - 1) * sizeof(T));
}

// Takes in the prefix of a separator that already stands in its place.
void NotePrefix(Inner* inner, uint32_t slot) {
  const std::string_view key = inner->separator[slot]->key();
  if (inner->size > 2 && CompareCommon(key, inner->common, inner->skip) == 0) {
    inner->prefix[slot] = PrefixAt(key, inner->skip);
  } else {
    Refresh(inner);
  }
}

}  // namespace

uint64_t KeysBelow(const Node& node) {
  if (node.leaf) return node.size;
  const auto& inner = static_cast<const Inner&>(node);
  uint64_t total = 0;
  for (uint32_t i = 0; i < inner.size; ++i) total += inner.count[i];
  return total;
}

size_t CommonLength(std::string_view a, std::string_view b) {
  const size_t length = std::min(a.size(), b.size());
  return static_cast<size_t>(std::mismatch(a.begin(), a.begin() + length, b.begin()).first - a.begin());
}

LeafPosition Search(const Leaf& leaf, std::string_view key) {
  if (leaf.size == 0) return {0, false};
  const uint64_t prefix = PrefixAt(key, leaf.skip);
  uint32_t low = FirstAtLeast(leaf.prefix, leaf.size, prefix);
  // The item at the place found so far tells whether the key shares the common bytes at all.
  const std::string_view near = leaf.item[low < leaf.size ? low : leaf.size - 1]->key();
  const int side = CompareCommon(key, near.data(), leaf.skip);
  if (side != 0) return {side < 0 ? 0u : leaf.size, false};
  uint32_t high = low;
  while (high < leaf.size && leaf.prefix[high] == prefix) ++high;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    const int order = CompareFrom(leaf.item[middle]->key(), key, leaf.skip);
    if (order == 0) return {middle, true};
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return {low, false};
}

uint32_t Search(const Inner& inner, std::string_view key) {
  const uint32_t separators = inner.size - 1;
  const int side = CompareCommon(key, inner.common, inner.skip);
  if (side != 0) return side < 0 ? 0 : separators;
  const uint64_t prefix = PrefixAt(key, inner.skip);
  uint32_t low = FirstAtLeast(inner.prefix, separators, prefix);
  uint32_t high = low;
  while (high < separators && inner.prefix[high] == prefix) ++high;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (CompareFrom(inner.separator[middle]->key(), key, inner.skip) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void Refresh(Leaf* leaf) {
  leaf->skip = 0;
  if (leaf->size == 0) return;
  const size_t common = CommonLength(leaf->item[0]->key(), leaf->item[leaf->size - 1]->key());
  leaf->skip = static_cast<uint32_t>(common);
  for (uint32_t i = 0; i < leaf->size; ++i) leaf->prefix[i] = PrefixAt(leaf->item[i]->key(), leaf->skip);
}

void Refresh(Inner* inner) {
  inner->skip = 0;
  const uint32_t separators = inner->size - 1;
  if (separators == 0) return;
  const std::string_view first = inner->separator[0]->key();
  const size_t common = CommonLength(first, inner->separator[separators - 1]->key());
  inner->skip = static_cast<uint32_t>(std::min<size_t>(common, kCommonMax));
  memcpy(inner->common, first.data(), inner->skip);
  for (uint32_t i = 0; i < separators; ++i) inner->prefix[i] = PrefixAt(inner->separator[i]->key(), inner->skip);
}

void InsertItem(Leaf* leaf, uint32_t slot, const Item* item) {
  const std::string_view key = item->key();
  const bool shares = leaf->size > 0 && CompareCommon(key, leaf->item[0]->key().data(), leaf->skip) == 0;
  OpenGap(leaf->item, leaf->size, slot);
  OpenGap(leaf->prefix, leaf->size, slot);
  leaf->item[slot] = item;
  ++leaf->size;
  if (shares) {
    leaf->prefix[slot] = PrefixAt(key, leaf->skip);
  } else {
    Refresh(leaf);
  }
}

void EraseItem(Leaf* leaf, uint32_t slot) {
  CloseGap(leaf->item, leaf->size, slot);
  CloseGap(leaf->prefix, leaf->size, slot);
  --leaf->size;
}

void InsertChild(Inner* inner, uint32_t slot, Node* child, const Item* separator) {
  OpenGap(inner->child, inner->size, slot);
  OpenGap(inner->count, inner->size, slot);
  OpenGap(inner->separator, inner->size - 1, slot - 1);
  OpenGap(inner->prefix, inner->size - 1, slot - 1);
  inner->child[slot] = child;
  inner->count[slot] = KeysBelow(*child);
  inner->separator[slot - 1] = separator;
  ++inner->size;
  NotePrefix(inner, slot - 1);
}

const Item* EraseChild(Inner* inner, uint32_t slot) {
  const Item* separator = inner->separator[slot - 1];
  CloseGap(inner->child, inner->size, slot);
  CloseGap(inner->count, inner->size, slot);
  CloseGap(inner->separator, inner->size - 1, slot - 1);
  CloseGap(inner->prefix, inner->size - 1, slot - 1);
  --inner->size;
  if (inner->size == 1) inner->skip = 0;
  return separator;
}

const Item* ReplaceSeparator(Inner* inner, uint32_t slot, const Item* separator) {
  const Item* former = inner->separator[slot - 1];
  inner->separator[slot - 1] = separator;
  NotePrefix(inner, slot - 1);
  return former;
}

}  // namespace quorate::mvcc::index
