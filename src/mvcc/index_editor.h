#pragma once

// Changes the key index's tree by copy on write. A node born in the editor's version is the editor's own and changed in
// place; any other is copied first, together with its ancestors, so whoever holds an older root sees nothing of it.
// One thread at a time.

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/mvcc/index_node.h"
#include "src/mvcc/index_reclaimer.h"

namespace quorate::mvcc::index {

class Editor {
 public:
  // Starts with the state (root, size). What the editor makes is counted in `bytes`. Nodes and separators that it
  // replaces and did not make go to `reclaimer`; without one they belong to somebody else and stay.
  Editor(Node* root, uint64_t size, int64_t version, ByteCounter* bytes, Reclaimer* reclaimer);

  // Puts the item in the place of its key; returns the item it replaces, or null. Items stay the caller's.
  const Item* Set(const Item* item);
  // Takes the key's item out of the tree; null when there is none.
  const Item* Remove(std::string_view key);

  // From here on what was made so far is shared: it is copied before it changes.
  void set_version(int64_t version) { version_ = version; }
  int64_t version() const { return version_; }
  Node* root() const { return root_; }
  uint64_t size() const { return size_; }

 private:
  // A tree of nodes at least a quarter full would need 15^16 keys for this height.
  static constexpr int kHeightMax = 18;
  struct Step {
    Inner* node;
    uint32_t slot;
  };

  void Descend(std::string_view key);
  void OwnPath();
  Leaf* Own(Leaf* leaf);
  Inner* Own(Inner* inner);
  template <typename T>
  T* Make();
  const Item* MakeSeparator(std::string_view below, std::string_view above);
  void Discard(Node* node);
  void Discard(const Item* separator);
  void AddToCounts(int levels, int64_t delta);

  void SplitAndInsert(uint32_t slot, const Item* item);
  void AddChild(int level, Node* right, const Item* separator);
  Inner* SplitInner(Inner* left, uint32_t at, const Item** separator);
  void RebalanceLeaf();
  void RebalanceInner(int level);
  void CollapseRoot();

  Node* root_;
  uint64_t size_;
  int64_t version_;
  ByteCounter* bytes_;
  Reclaimer* reclaimer_;
  // Where the last Descend led.
  Step path_[kHeightMax];
  int depth_ = 0;
  Leaf* leaf_ = nullptr;
};

// Makes an empty tree: one leaf.
Node* MakeEmptyTree(int64_t version, ByteCounter* bytes);
// Frees a node that was born in `version`, which nobody else may know, with its separators that were, and adds those of
// its children that were to `own_children`.
void FreeOwn(Node* node, int64_t version, std::vector<Node*>* own_children);

}  // namespace quorate::mvcc::index
