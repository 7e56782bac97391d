#include "src/mvcc/index_reclaimer.h"

#include <algorithm>
#include <utility>

namespace quorate::mvcc::index {
namespace {

// How many retired things one Reclaim looks at: so many, and some for each retired since the last one.
constexpr size_t kLooksMin = 1024;
constexpr size_t kLooksPerRetired = 4;

// Nodes, items and roots begin with the revision they were born in.
int64_t BornOf(const void* address) { return *static_cast<const int64_t*>(address); }

}  // namespace

Reclaimer::~Reclaimer() {
  for (const Retired& retired : fresh_) Free(retired);
  for (const auto& entries : backlog_) {
    for (const Retired& retired : entries) Free(retired);
  }
  for (const auto& [pin, entries] : kept_by_) {
    for (const Retired& retired : entries) Free(retired);
  }
}

void Reclaimer::Add(const void* address, Kind kind, size_t bytes, int64_t replaced) {
  retired_bytes_ += bytes;
  fresh_.push_back({reinterpret_cast<uintptr_t>(address) | static_cast<uintptr_t>(kind), replaced});
}

void Reclaimer::Retire(Node* node, int64_t replaced) { Add(node, Kind::kNode, NodeBytes(*node), replaced); }
void Reclaimer::Retire(const Item* item, int64_t replaced) { Add(item, Kind::kItem, item->bytes(), replaced); }
void Reclaimer::Retire(const Root* root, int64_t replaced) {
  Add(root, Kind::kRoot, AllocationBytes(sizeof(Root)), replaced);
}

size_t Reclaimer::Bytes(const Retired& retired) {
  switch (retired.kind()) {
    case Kind::kNode:
      return NodeBytes(*static_cast<const Node*>(retired.address()));
    case Kind::kItem:
      return static_cast<const Item*>(retired.address())->bytes();
    case Kind::kRoot:
      return AllocationBytes(sizeof(Root));
  }
  return 0;
}

void Reclaimer::Free(const Retired& retired) {
  const size_t bytes = Bytes(retired);
  retired_bytes_ -= bytes;
  live_->Subtract(bytes);
  switch (retired.kind()) {
    case Kind::kNode:
      return DestroyNode(static_cast<Node*>(retired.address()));
    case Kind::kItem:
      return Item::Destroy(static_cast<const Item*>(retired.address()));
    case Kind::kRoot:
      delete static_cast<const Root*>(retired.address());
  }
}

void Reclaimer::Reclaim(const Pins& pins) {
  size_t looks = kLooksMin + kLooksPerRetired * fresh_.size();
  // What a pin kept that is gone now is looked at again; another pin may keep it.
  for (auto it = kept_by_.begin(); it != kept_by_.end();) {
    if (std::binary_search(pins.revisions.begin(), pins.revisions.end(), it->first)) {
      ++it;
      continue;
    }
    backlog_.push_back(std::move(it->second));
    it = kept_by_.erase(it);
  }
  if (!fresh_.empty()) backlog_.push_back(std::exchange(fresh_, {}));
  std::vector<Retired> later;
  while (looks > 0 && !backlog_.empty()) {
    std::vector<Retired>& entries = backlog_.front();
    for (; looks > 0 && !entries.empty(); --looks) {
      const Retired retired = entries.back();
      entries.pop_back();
      // Asked before the thing itself is touched, which is hardly in the cache.
      if (pins.KeptOpen(retired.replaced)) {
        later.push_back(retired);
        continue;
      }
      const int64_t keeper = pins.Keeper(BornOf(retired.address()), retired.replaced);
      if (keeper == Pins::kNone) {
        Free(retired);
      } else {
        kept_by_[keeper].push_back(retired);
      }
    }
    if (entries.empty()) backlog_.pop_front();
  }
  if (!later.empty()) backlog_.push_back(std::move(later));
}

}  // namespace quorate::mvcc::index
