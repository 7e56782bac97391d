#pragma once

// The nodes of the key index's B+ tree and the search inside one node. A node that a published state shows never
// changes; its maker may change it before (index_editor.h).
//
// Beside each pointer to a key stands the key's prefix: eight bytes, big-endian, taken after the bytes that all keys of
// the node have in common (`skip` of them), zeros past the key's end. The order of prefixes agrees with the order of
// keys, so a search reads one or two lines of the node, and a key's own memory only where prefixes tie or to confirm.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "src/mvcc/index_item.h"

namespace quorate::mvcc::index {

// With these a leaf has 1,008 bytes and an inner node 2,032: they fill blocks of 1 and 2 KiB, of jemalloc as of glibc's
// malloc, which adds a word.
inline constexpr uint32_t kLeafCapacity = 62;
inline constexpr uint32_t kInnerCapacity = 60;
// A node with fewer entries than this after an erasure is joined with a neighbour, or takes entries of it when both
// together have more than the join limit. The distance between the two keeps a node from being joined and split by
// turns.
inline constexpr uint32_t kLeafMin = kLeafCapacity / 4;
inline constexpr uint32_t kLeafJoinMax = kLeafCapacity * 3 / 4;
inline constexpr uint32_t kInnerMin = kInnerCapacity / 4;
inline constexpr uint32_t kInnerJoinMax = kInnerCapacity * 3 / 4;
// An inner node holds a copy of its keys' common bytes, as many as this.
inline constexpr uint32_t kCommonMax = 112;

struct Node {
  int64_t born;   // the version that made it; negative: private to a rolled-back branch
  uint32_t skip;  // how many leading bytes all its keys share (a lower bound)
  uint16_t size;  // of a leaf: keys; of an inner node: children
  bool leaf;
};

struct Leaf : Node {
  uint64_t prefix[kLeafCapacity];
  const Item* item[kLeafCapacity];
};

// child[i] holds the keys at or above separator[i - 1] and below separator[i]; count[i] tells how many.
struct Inner : Node {
  char common[kCommonMax];
  uint64_t prefix[kInnerCapacity - 1];
  Node* child[kInnerCapacity];
  const Item* separator[kInnerCapacity - 1];
  uint64_t count[kInnerCapacity];
};

static_assert(AllocationBytes(sizeof(Leaf)) == 1024);
static_assert(AllocationBytes(sizeof(Inner)) == 2048);

inline size_t NodeBytes(const Node& node) { return AllocationBytes(node.leaf ? sizeof(Leaf) : sizeof(Inner)); }

// An empty leaf or inner node.
template <typename T>
T* NewNode(int64_t version) {
  T* node = new T;
  node->born = version;
  node->skip = 0;
  node->size = 0;
  node->leaf = std::is_same_v<T, Leaf>;
  return node;
}

inline void DestroyNode(Node* node) {
  if (node->leaf) {
    delete static_cast<Leaf*>(node);
  } else {
    delete static_cast<Inner*>(node);
  }
}

// How many keys lie below the node.
uint64_t KeysBelow(const Node& node);

// How many leading bytes both have in common.
size_t CommonLength(std::string_view a, std::string_view b);

inline uint64_t PrefixAt(std::string_view key, size_t skip) {
  uint64_t word = 0;
  if (key.size() >= skip + sizeof(word)) {
    memcpy(&word, key.data() + skip, sizeof(word));
  } else if (key.size() > skip) {
    memcpy(&word, key.data() + skip, key.size() - skip);
  }
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word;
}

// Where a key lies beside keys that all start with the `skip` bytes at `common`: below all (-1), above all (1), or
// among them (0).
inline int CompareCommon(std::string_view key, const char* common, size_t skip) {
  const size_t length = std::min(skip, key.size());
  if (length > 0) {
    const int order = memcmp(key.data(), common, length);
    if (order != 0) return order;
  }
  return key.size() < skip ? -1 : 0;
}

// The first of `size` ascending prefixes that is not below `prefix`.
inline uint32_t FirstAtLeast(const uint64_t* prefixes, uint32_t size, uint64_t prefix) {
  const uint64_t* base = prefixes;
  while (size > 1) {
    const uint32_t half = size / 2;
    base += base[half - 1] < prefix ? half : 0;
    size -= half;
  }
  return static_cast<uint32_t>(base - prefixes) + (size == 1 && *base < prefix ? 1 : 0);
}

struct LeafPosition {
  uint32_t slot;  // of the first key not below the one looked for
  bool found;     // it is that key
};

LeafPosition Search(const Leaf& leaf, std::string_view key);
// The child that holds the key or would hold it.
uint32_t Search(const Inner& inner, std::string_view key);

// Asks for the lines of a node that a search reads, all at once rather than one miss after the other.
inline void Prefetch(const Node* node) {
  constexpr size_t kLine = 64, kLines = 9;
  for (size_t i = 0; i < kLines; ++i) __builtin_prefetch(reinterpret_cast<const char*>(node) + i * kLine);
}

// --- Changing a node that is the caller's own.

// Recomputes skip and prefixes from the keys (for an inner node: the separators).
void Refresh(Leaf* leaf);
void Refresh(Inner* inner);
void InsertItem(Leaf* leaf, uint32_t slot, const Item* item);
void EraseItem(Leaf* leaf, uint32_t slot);
// Inserts a child at `slot` >= 1 with the separator between it and the child before it.
void InsertChild(Inner* inner, uint32_t slot, Node* child, const Item* separator);
// Removes the child at `slot` >= 1 and returns the separator that stood before it.
const Item* EraseChild(Inner* inner, uint32_t slot);
// Puts another separator between the children slot - 1 and slot; returns the former one.
const Item* ReplaceSeparator(Inner* inner, uint32_t slot, const Item* separator);

}  // namespace quorate::mvcc::index
