#include "src/mvcc/index_editor.h"

#include <cstring>

#include "quorate/base/check.h"

namespace quorate::mvcc::index {
namespace {

template <typename T>
void CopyArray(T* to, const T* from, size_t count) {
  memcpy(to, from, count * sizeof(T));
}

void CopyContent(Leaf* to, const Leaf& from) {
  to->skip = from.skip;
  to->size = from.size;
  CopyArray(to->prefix, from.prefix, from.size);
  CopyArray(to->item, from.item, from.size);
}

void CopyContent(Inner* to, const Inner& from) {
  to->skip = from.skip;
  to->size = from.size;
  CopyArray(to->common, from.common, from.skip);
  CopyArray(to->prefix, from.prefix, from.size - 1);
  CopyArray(to->separator, from.separator, from.size - 1);
  CopyArray(to->child, from.child, from.size);
  CopyArray(to->count, from.count, from.size);
}

// Moves the items from `at` on to the empty leaf `right`.
void MoveTail(Leaf* left, uint32_t at, Leaf* right) {
  right->size = static_cast<uint16_t>(left->size - at);
  CopyArray(right->item, left->item + at, right->size);
  left->size = static_cast<uint16_t>(at);
}

// After a split keys of a leaf may share more bytes than before; prefixes are read anew only then.
void RefreshAfterSplit(Leaf* leaf, uint32_t former_skip, const uint64_t* former_prefixes) {
  const size_t common = CommonLength(leaf->item[0]->key(), leaf->item[leaf->size - 1]->key());
  if (common != former_skip) return Refresh(leaf);
  leaf->skip = former_skip;
  if (leaf->prefix != former_prefixes) CopyArray(leaf->prefix, former_prefixes, leaf->size);
}

}  // namespace

Editor::Editor(Node* root, uint64_t size, int64_t version, ByteCounter* bytes, Reclaimer* reclaimer)
    : root_(root), size_(size), version_(version), bytes_(bytes), reclaimer_(reclaimer) {}

void Editor::Descend(std::string_view key) {
  Node* node = root_;
  depth_ = 0;
  while (!node->leaf) {
    auto* inner = static_cast<Inner*>(node);
    const uint32_t slot = Search(*inner, key);
    QUORATE_CHECK(depth_ < kHeightMax);
    path_[depth_++] = {inner, slot};
    node = inner->child[slot];
    Prefetch(node);
  }
  leaf_ = static_cast<Leaf*>(node);
}

void Editor::OwnPath() {
  if (leaf_->born == version_) return;  // then its ancestors are own, too
  Node** link = &root_;
  for (int level = 0; level < depth_; ++level) {
    Step& step = path_[level];
    *link = step.node = Own(step.node);
    link = &step.node->child[step.slot];
  }
  *link = leaf_ = Own(leaf_);
}

template <typename T>
T* Editor::Make() {
  bytes_->Add(AllocationBytes(sizeof(T)));
  return NewNode<T>(version_);
}

Leaf* Editor::Own(Leaf* leaf) {
  if (leaf->born == version_) return leaf;
  auto* copy = Make<Leaf>();
  CopyContent(copy, *leaf);
  Discard(leaf);
  return copy;
}

Inner* Editor::Own(Inner* inner) {
  if (inner->born == version_) return inner;
  auto* copy = Make<Inner>();
  CopyContent(copy, *inner);
  Discard(inner);
  return copy;
}

// The shortest key above `below` and not above `above`.
const Item* Editor::MakeSeparator(std::string_view below, std::string_view above) {
  const Item* separator = Item::CreateSeparator(above.substr(0, CommonLength(below, above) + 1), version_);
  bytes_->Add(separator->bytes());
  return separator;
}

void Editor::Discard(Node* node) {
  if (node->born == version_) {
    bytes_->Subtract(NodeBytes(*node));
    DestroyNode(node);
  } else if (reclaimer_ != nullptr) {
    reclaimer_->Retire(node, version_);
  }
}

void Editor::Discard(const Item* separator) {
  if (separator->born() == version_) {
    bytes_->Subtract(separator->bytes());
    Item::Destroy(separator);
  } else if (reclaimer_ != nullptr) {
    reclaimer_->Retire(separator, version_);
  }
}

void Editor::AddToCounts(int levels, int64_t delta) {
  for (int level = 0; level < levels; ++level) path_[level].node->count[path_[level].slot] += delta;
}

const Item* Editor::Set(const Item* item) {
  const std::string_view key = item->key();
  Descend(key);
  const LeafPosition position = Search(*leaf_, key);
  OwnPath();
  if (position.found) {
    const Item* former = leaf_->item[position.slot];
    leaf_->item[position.slot] = item;
    return former;
  }
  ++size_;
  if (leaf_->size < kLeafCapacity) {
    InsertItem(leaf_, position.slot, item);
    AddToCounts(depth_, 1);
  } else {
    SplitAndInsert(position.slot, item);
  }
  return nullptr;
}

void Editor::SplitAndInsert(uint32_t slot, const Item* item) {
  Leaf* left = leaf_;
  auto* right = Make<Leaf>();
  if (slot == left->size) {
    // Keys that come in ascending order leave full leaves behind. The new one shall expect keys like the last two.
    right->skip = static_cast<uint32_t>(CommonLength(left->item[slot - 1]->key(), item->key()));
    right->size = 1;
    right->item[0] = item;
    right->prefix[0] = PrefixAt(item->key(), right->skip);
  } else {
    const uint32_t at = left->size / 2;
    MoveTail(left, at, right);
    const uint32_t skip = left->skip;
    RefreshAfterSplit(right, skip, left->prefix + at);
    RefreshAfterSplit(left, skip, left->prefix);
    if (slot <= at) {
      InsertItem(left, slot, item);
    } else {
      InsertItem(right, slot - at, item);
    }
  }
  AddChild(depth_ - 1, right, MakeSeparator(left->item[left->size - 1]->key(), right->item[0]->key()));
}

// `right` shall follow the child that the path takes at `level`; both together hold one key more than that child did.
void Editor::AddChild(int level, Node* right, const Item* separator) {
  for (; level >= 0; --level) {
    Inner* parent = path_[level].node;
    const uint32_t slot = path_[level].slot;
    parent->count[slot] = KeysBelow(*parent->child[slot]);
    if (parent->size < kInnerCapacity) {
      InsertChild(parent, slot + 1, right, separator);
      AddToCounts(level, 1);
      return;
    }
    const uint32_t at = slot + 1 == parent->size ? parent->size - 1u : parent->size / 2u;
    const Item* middle = nullptr;
    Inner* next = SplitInner(parent, at, &middle);
    if (slot < at) {
      InsertChild(parent, slot + 1, right, separator);
    } else {
      InsertChild(next, slot - at + 1, right, separator);
    }
    right = next;
    separator = middle;
  }
  auto* root = Make<Inner>();
  root->size = 1;
  root->child[0] = root_;
  root->count[0] = KeysBelow(*root_);
  InsertChild(root, 1, right, separator);
  root_ = root;
}

// Moves the children from `at` on to a new node; `separator` gets what stood between.
Inner* Editor::SplitInner(Inner* left, uint32_t at, const Item** separator) {
  auto* right = Make<Inner>();
  right->size = static_cast<uint16_t>(left->size - at);
  CopyArray(right->child, left->child + at, right->size);
  CopyArray(right->count, left->count + at, right->size);
  CopyArray(right->separator, left->separator + at, right->size - 1);
  *separator = left->separator[at - 1];
  left->size = static_cast<uint16_t>(at);
  Refresh(left);
  Refresh(right);
  return right;
}

const Item* Editor::Remove(std::string_view key) {
  Descend(key);
  const LeafPosition position = Search(*leaf_, key);
  if (!position.found) return nullptr;
  OwnPath();
  const Item* item = leaf_->item[position.slot];
  EraseItem(leaf_, position.slot);
  AddToCounts(depth_, -1);
  --size_;
  if (leaf_->size < kLeafMin && depth_ > 0) {
    RebalanceLeaf();
    for (int level = depth_ - 1; level > 0 && path_[level].node->size < kInnerMin; --level) RebalanceInner(level);
    CollapseRoot();
  }
  return item;
}

// Joins the path's leaf with a neighbour, or shares their items evenly.
void Editor::RebalanceLeaf() {
  Inner* parent = path_[depth_ - 1].node;
  const uint32_t slot = path_[depth_ - 1].slot;
  QUORATE_CHECK(parent->size >= 2) << "an inner node with one child";
  const uint32_t first = slot > 0 ? slot - 1 : 0;
  Leaf* left = Own(static_cast<Leaf*>(parent->child[first]));
  parent->child[first] = left;
  auto* right = static_cast<Leaf*>(parent->child[first + 1]);
  const uint32_t total = left->size + right->size;
  if (total <= kLeafJoinMax) {
    CopyArray(left->item + left->size, right->item, right->size);
    left->size = static_cast<uint16_t>(total);
    Refresh(left);
    Discard(right);
    Discard(EraseChild(parent, first + 1));
    parent->count[first] = total;
    return;
  }
  right = Own(right);
  parent->child[first + 1] = right;
  const Item* all[2 * kLeafCapacity];
  CopyArray(all, left->item, left->size);
  CopyArray(all + left->size, right->item, right->size);
  left->size = static_cast<uint16_t>(total / 2);
  right->size = static_cast<uint16_t>(total - total / 2);
  CopyArray(left->item, all, left->size);
  CopyArray(right->item, all + left->size, right->size);
  Refresh(left);
  Refresh(right);
  parent->count[first] = left->size;
  parent->count[first + 1] = right->size;
  Discard(ReplaceSeparator(parent, first + 1, MakeSeparator(all[total / 2 - 1]->key(), all[total / 2]->key())));
}

// The same for the inner node of the path at `level`.
void Editor::RebalanceInner(int level) {
  Inner* parent = path_[level - 1].node;
  const uint32_t slot = path_[level - 1].slot;
  QUORATE_CHECK(parent->size >= 2) << "an inner node with one child";
  const uint32_t first = slot > 0 ? slot - 1 : 0;
  Inner* left = Own(static_cast<Inner*>(parent->child[first]));
  parent->child[first] = left;
  auto* right = static_cast<Inner*>(parent->child[first + 1]);
  const uint32_t total = left->size + right->size;
  Node* child[2 * kInnerCapacity];
  uint64_t count[2 * kInnerCapacity];
  const Item* separator[2 * kInnerCapacity];
  CopyArray(child, left->child, left->size);
  CopyArray(child + left->size, right->child, right->size);
  CopyArray(count, left->count, left->size);
  CopyArray(count + left->size, right->count, right->size);
  CopyArray(separator, left->separator, left->size - 1);
  separator[left->size - 1] = parent->separator[first];
  CopyArray(separator + left->size, right->separator, right->size - 1);
  auto fill = [&](Inner* node, uint32_t from, uint32_t size) {
    node->size = static_cast<uint16_t>(size);
    CopyArray(node->child, child + from, size);
    CopyArray(node->count, count + from, size);
    CopyArray(node->separator, separator + from, size - 1);
    Refresh(node);
  };
  if (total <= kInnerJoinMax) {
    fill(left, 0, total);
    Discard(right);
    EraseChild(parent, first + 1);  // the separator went down
    parent->count[first] = KeysBelow(*left);
    return;
  }
  right = Own(right);
  parent->child[first + 1] = right;
  const uint32_t half = total / 2;
  fill(left, 0, half);
  fill(right, half, total - half);
  parent->count[first] = KeysBelow(*left);
  parent->count[first + 1] = KeysBelow(*right);
  ReplaceSeparator(parent, first + 1, separator[half - 1]);  // one went down, another up
}

void Editor::CollapseRoot() {
  while (!root_->leaf && root_->size == 1) {
    Node* former = root_;
    root_ = static_cast<Inner*>(former)->child[0];
    Discard(former);
  }
}

Node* MakeEmptyTree(int64_t version, ByteCounter* bytes) {
  bytes->Add(AllocationBytes(sizeof(Leaf)));
  return NewNode<Leaf>(version);
}

void FreeOwn(Node* node, int64_t version, std::vector<Node*>* own_children) {
  if (!node->leaf) {
    const auto& inner = *static_cast<const Inner*>(node);
    for (uint32_t i = 0; i < inner.size; ++i) {
      if (inner.child[i]->born == version) own_children->push_back(inner.child[i]);
    }
    for (uint32_t i = 0; i + 1 < inner.size; ++i) {
      if (inner.separator[i]->born() == version) Item::Destroy(inner.separator[i]);
    }
  }
  DestroyNode(node);
}

}  // namespace quorate::mvcc::index
