#include "src/mvcc/index_loader.h"

#include <utility>

#include "quorate/base/check.h"

namespace quorate::mvcc::index {

Loader::~Loader() {
  for (Node* leaf : leaves_) FreeTree(leaf);
}

void Loader::Add(const Item* item) {
  auto* leaf = leaves_.empty() ? nullptr : static_cast<Leaf*>(leaves_.back());
  if (leaf != nullptr) {
    QUORATE_CHECK(leaf->item[leaf->size - 1]->key() < item->key()) << "keys are loaded out of order";
  }
  if (leaf == nullptr || leaf->size == kLeafFill) {
    if (leaf != nullptr) Refresh(leaf);
    leaf = NewNode<Leaf>(0);
    bytes_->Add(NodeBytes(*leaf));
    leaves_.push_back(leaf);
  }
  leaf->item[leaf->size++] = item;
  ++size_;
}

void Loader::Append(Loader* above) {
  if (above->leaves_.empty()) return;
  if (!leaves_.empty()) {
    auto* last = static_cast<Leaf*>(leaves_.back());
    const auto* first = static_cast<const Leaf*>(above->leaves_.front());
    QUORATE_CHECK(last->item[last->size - 1]->key() < first->item[0]->key()) << "keys are loaded out of order";
    Refresh(last);
  }
  leaves_.insert(leaves_.end(), above->leaves_.begin(), above->leaves_.end());
  above->leaves_.clear();
  size_ += std::exchange(above->size_, 0);
}

Node* Loader::Finish(int64_t version) {
  QUORATE_CHECK(!leaves_.empty());
  Refresh(static_cast<Leaf*>(leaves_.back()));
  for (size_t i = 0; i < leaves_.size(); ++i) {
    auto* leaf = static_cast<Leaf*>(leaves_[i]);
    leaf->born = version;
    if (i == 0) continue;
    const auto* before = static_cast<const Leaf*>(leaves_[i - 1]);
    const std::string_view below = before->item[before->size - 1]->key(), above = leaf->item[0]->key();
    separators_.push_back(Item::CreateSeparator(above.substr(0, CommonLength(below, above) + 1), version));
    bytes_->Add(separators_.back()->bytes());
  }
  std::vector<Node*> level = std::exchange(leaves_, {});
  while (level.size() > 1) level = BuildLevel(level, version);
  size_ = 0;
  return level.front();
}

std::vector<Node*> Loader::BuildLevel(const std::vector<Node*>& below, int64_t version) {
  const size_t groups = (below.size() + kInnerFill - 1) / kInnerFill;
  std::vector<Node*> level;
  std::vector<const Item*> between;
  size_t next = 0;
  for (size_t group = 0; group < groups; ++group) {
    const size_t end = below.size() * (group + 1) / groups;
    auto* inner = NewNode<Inner>(version);
    bytes_->Add(NodeBytes(*inner));
    inner->size = static_cast<uint16_t>(end - next);
    for (uint32_t i = 0; next < end; ++next, ++i) {
      inner->child[i] = below[next];
      inner->count[i] = KeysBelow(*below[next]);
      if (i + 1 < inner->size) {
        inner->separator[i] = separators_[next];
      } else if (next + 1 < below.size()) {
        between.push_back(separators_[next]);
      }
    }
    Refresh(inner);
    level.push_back(inner);
  }
  separators_ = std::move(between);
  return level;
}

void FreeTree(Node* node) {
  if (node->leaf) {
    const auto& leaf = *static_cast<const Leaf*>(node);
    for (uint32_t i = 0; i < leaf.size; ++i) Item::Destroy(leaf.item[i]);
  } else {
    const auto& inner = *static_cast<const Inner*>(node);
    for (uint32_t i = 0; i < inner.size; ++i) FreeTree(inner.child[i]);
    for (uint32_t i = 0; i + 1 < inner.size; ++i) Item::Destroy(inner.separator[i]);
  }
  DestroyNode(node);
}

}  // namespace quorate::mvcc::index
