#include "src/mvcc/index_branch.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "src/mvcc/index_editor.h"

namespace quorate::mvcc::index {
namespace {

// Versions of branches: each has its own, none is a revision.
int64_t NextBranchVersion() {
  static std::atomic<int64_t> last{0};
  return last.fetch_sub(1, std::memory_order_relaxed) - 1;
}

// Freed at a publication and by who makes a branch: 0.1 to 0.2 ms.
constexpr size_t kFreedNodesMin = 512;
// By who makes a branch, one more for so many bytes of it: about two for each node that it makes, which took longer.
constexpr size_t kBytesPerFreedNode = 512;
// A branch of no more is freed by who held it last.
constexpr size_t kFreedAtOnceBytes = 64 << 10;
constexpr size_t kAllNodes = std::numeric_limits<size_t>::max();

}  // namespace

std::shared_ptr<const Branch> Branch::Roll(int64_t revision, IndexView newest,
                                           const std::vector<std::shared_ptr<const Branch>>& kept, PinTable* pins,
                                           const UndoLog& undo, FelledBranches* felled) {
  std::vector<int64_t> bases{newest.revision()};
  std::vector<std::shared_ptr<const Branch>> candidates{nullptr};
  int64_t lowest = revision;
  for (const auto& branch : kept) {
    if (branch->depth_ >= kDepthMax) continue;
    candidates.push_back(branch);
    bases.push_back(branch->root_.revision);
    lowest = std::min(lowest, branch->root_.revision);
  }
  std::shared_ptr<Branch> made(new Branch, [felled](Branch* branch) { felled->Add(std::unique_ptr<Branch>(branch)); });
  // Before the log is asked: what it names must not be freed while it is read.
  made->pin_ = pins->PinFrom(lowest);
  size_t chosen = 0;
  ChangeSpan span;
  if (!undo.Choose(revision, bases, &chosen, &span)) return nullptr;
  made->version_ = NextBranchVersion();
  made->root_.revision = revision;
  const int64_t base_revision = bases[chosen];
  if (candidates[chosen] != nullptr) {
    made->base_branch_ = std::move(candidates[chosen]);
    made->depth_ = made->base_branch_->depth_ + 1;
    made->Apply(made->base_branch_->root_, span, revision < base_revision);
  } else {
    made->base_view_ = std::move(newest);
    made->Apply(made->base_view_.root(), span, true);
  }
  made->pin_->Narrow(revision);
  felled->Made(*made);
  return made;
}

void Branch::Apply(const Root& base, const ChangeSpan& span, bool backward) {
  ByteCounter bytes;
  Editor editor(base.node, base.size, version_, &bytes, nullptr);
  for (uint64_t i = 0; i < span.to - span.from; ++i) {
    const Change& change = span.at(backward ? span.to - 1 - i : span.from + i);
    const Item* leave = backward ? change.after : change.before;
    const Item* enter = backward ? change.before : change.after;
    if (enter != nullptr) {
      editor.Set(enter);
    } else {
      editor.Remove(leave->key());
    }
  }
  root_.node = editor.root();
  root_.size = editor.size();
  own_bytes_ = bytes.value();
  if (root_.node->born == version_) unfreed_.push_back(root_.node);
}

size_t Branch::FreeNodes(size_t nodes_max) {
  size_t freed = 0;
  for (; freed < nodes_max && !unfreed_.empty(); ++freed) {
    Node* const node = unfreed_.back();
    unfreed_.pop_back();
    FreeOwn(node, version_, &unfreed_);
  }
  return freed;
}

Branch::~Branch() {
  FreeNodes(kAllNodes);
  if (pin_ != nullptr) pin_->Release();
}

void FelledBranches::Add(std::unique_ptr<Branch> branch) {
  const size_t bytes = branch->own_bytes();
  held_bytes_->fetch_sub(bytes, std::memory_order_relaxed);
  if (bytes <= kFreedAtOnceBytes) return;
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  base::MutexLock lock(&mutex_);
  branches_.push_back(std::move(branch));
}

void FelledBranches::Free(size_t nodes_max) {
  while (nodes_max > 0) {
    std::unique_ptr<Branch> branch;
    {
      base::MutexLock lock(&mutex_);
      if (branches_.empty()) return;
      branch = std::move(branches_.front());
      branches_.pop_front();
    }
    nodes_max -= branch->FreeNodes(nodes_max);
    if (branch->is_freed()) {
      bytes_.fetch_sub(branch->own_bytes(), std::memory_order_relaxed);
      continue;  // what it grew from may be added now
    }
    base::MutexLock lock(&mutex_);
    branches_.push_front(std::move(branch));
  }
}

std::shared_ptr<KeptBranches::Kept> KeptBranches::Find(int64_t revision, uint64_t changes) {
  for (const auto& kept : kept_) {
    if (kept->revision != revision) continue;
    kept->used_at = changes;
    kept->use = ++uses_;
    return kept;
  }
  return nullptr;
}

size_t KeptBranches::DropLongestUnused(Dropped* dropped) {
  const auto victim =
      std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a->use < b->use; });
  const size_t bytes = (*victim)->branch == nullptr ? 0 : (*victim)->branch->own_bytes();
  dropped->push_back(std::move(*victim));
  kept_.erase(victim);
  return bytes;
}

template <typename Condition>
void KeptBranches::DropWhere(const Condition& condition, Dropped* dropped) {
  const auto first =
      std::stable_partition(kept_.begin(), kept_.end(), [&](const auto& kept) { return !condition(*kept); });
  std::move(first, kept_.end(), std::back_inserter(*dropped));
  kept_.erase(first, kept_.end());
}

std::shared_ptr<const Branch> KeptBranches::At(int64_t revision, uint64_t changes, const Roll& roll) {
  Dropped dropped;  // let go of after the lock
  std::vector<std::shared_ptr<const Branch>> others;
  std::shared_ptr<Kept> kept;
  {
    std::lock_guard lock(mutex_);
    kept = Find(revision, changes);
    if (kept != nullptr && kept->branch != nullptr) return kept->branch;
    if (kept == nullptr) {
      kept = std::make_shared<Kept>();
      kept->revision = revision;
      kept->used_at = changes;
      kept->use = ++uses_;
      if (branches_max_ > 0) {
        while (kept_.size() >= branches_max_) DropLongestUnused(&dropped);
        kept_.push_back(kept);
      }
    }
    for (const auto& other : kept_) {
      if (other->branch != nullptr) others.push_back(other->branch);
    }
  }
  std::unique_lock rolling(kept->rolling);
  {
    std::lock_guard lock(mutex_);
    if (kept->branch != nullptr) return kept->branch;
  }
  std::shared_ptr<const Branch> branch = roll(others);
  {
    std::lock_guard lock(mutex_);
    kept->branch = branch;
    if (branch == nullptr) {
      std::erase(kept_, kept);
      return nullptr;
    }
    // Readers may hold those that are dropped, and others have grown from them: they count as gone all the same.
    size_t bytes = bytes_->load(std::memory_order_relaxed);
    while (kept_.size() > 1 && bytes > bytes_max_) bytes -= std::min(bytes, DropLongestUnused(&dropped));
  }
  rolling.unlock();
  others.clear();
  dropped.clear();
  felled_->Free(kFreedNodesMin + branch->own_bytes() / kBytesPerFreedNode);
  return branch;
}

bool KeptBranches::Has(int64_t revision) const {
  std::lock_guard lock(mutex_);
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const auto& kept) { return kept->revision == revision && kept->branch != nullptr; });
}

void KeptBranches::DropBefore(int64_t revision) {
  Dropped dropped;  // let go of after the lock
  std::lock_guard lock(mutex_);
  DropWhere([&](const Kept& kept) { return kept.revision < revision; }, &dropped);
}

void KeptBranches::TryDropUnusedSince(uint64_t changes, bool one_more) {
  Dropped dropped;  // let go of after the lock
  if (std::unique_lock lock(mutex_, std::try_to_lock); lock.owns_lock()) {
    DropWhere([&](const Kept& kept) { return kept.used_at < changes; }, &dropped);
    if (one_more && kept_.size() > 1) DropLongestUnused(&dropped);
  }
  felled_->Free(kFreedNodesMin);
}

void KeptBranches::Clear() {
  Dropped dropped;
  {
    std::lock_guard lock(mutex_);
    kept_.swap(dropped);
  }
  dropped.clear();
  felled_->Free(kAllNodes);
}

}  // namespace quorate::mvcc::index
