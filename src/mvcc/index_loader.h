#pragma once

// Builds a tree from items in ascending order, bottom up and in time proportional to their number.

#include <cstdint>
#include <vector>

#include "src/mvcc/index_node.h"
#include "src/mvcc/index_reclaimer.h"

namespace quorate::mvcc::index {

class Loader {
 public:
  explicit Loader(ByteCounter* bytes) : bytes_(bytes) {}
  ~Loader();  // frees what was added and not finished
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // Keys strictly ascending.
  void Add(const Item* item);
  // What the other has, whose keys are all above. It is empty then.
  void Append(Loader* above);
  uint64_t size() const { return size_; }
  // The tree of all that was added (at least one), with nodes born in `version`. The loader is empty then.
  Node* Finish(int64_t version);

 private:
  // Some room in each leaf, so that the first keys added later do not split them.
  static constexpr uint32_t kLeafFill = kLeafCapacity * 9 / 10;
  static constexpr uint32_t kInnerFill = kInnerCapacity * 9 / 10;

  // Groups the nodes of one level under inner nodes.
  std::vector<Node*> BuildLevel(const std::vector<Node*>& below, int64_t version);

  ByteCounter* bytes_;
  uint64_t size_ = 0;
  std::vector<Node*> leaves_;
  std::vector<const Item*> separators_;  // of the level being built: [i] between the nodes i and i + 1
};

// Frees the nodes, separators and items reachable from `node`, which nobody else may know.
void FreeTree(Node* node);

}  // namespace quorate::mvcc::index
