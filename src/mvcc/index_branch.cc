#include "src/mvcc/index_branch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "src/mvcc/index_editor.h"

namespace quorate::mvcc::index {
namespace {

// Versions of branches: each has its own, none is a revision.
int64_t NextBranchVersion() {
  static std::atomic<int64_t> last{0};
  return last.fetch_sub(1, std::memory_order_relaxed) - 1;
}

}  // namespace

std::shared_ptr<const Branch> Branch::Roll(int64_t revision, IndexView newest,
                                           const std::vector<std::shared_ptr<const Branch>>& kept, PinTable* pins,
                                           const UndoLog& undo, std::atomic<size_t>* bytes) {
  std::vector<int64_t> bases{newest.revision()};
  std::vector<std::shared_ptr<const Branch>> candidates{nullptr};
  int64_t lowest = revision;
  for (const auto& branch : kept) {
    if (branch->depth_ >= kDepthMax) continue;
    candidates.push_back(branch);
    bases.push_back(branch->root_.revision);
    lowest = std::min(lowest, branch->root_.revision);
  }
  std::shared_ptr<Branch> made(new Branch);
  // Before the log is asked: what it names must not be freed while it is read.
  made->pin_ = pins->PinFrom(lowest);
  size_t chosen = 0;
  ChangeSpan span;
  if (!undo.Choose(revision, bases, &chosen, &span)) return nullptr;
  made->version_ = NextBranchVersion();
  made->root_.revision = revision;
  made->all_bytes_ = bytes;
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
  all_bytes_->fetch_add(own_bytes_, std::memory_order_relaxed);
}

Branch::~Branch() {
  if (root_.node != nullptr) FreeOwn(root_.node, version_);
  if (all_bytes_ != nullptr) all_bytes_->fetch_sub(own_bytes_, std::memory_order_relaxed);
  if (pin_ != nullptr) pin_->Release();
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

void KeptBranches::DropLongestUnused(Dropped* dropped) {
  const auto victim =
      std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a->use < b->use; });
  dropped->push_back(std::move(*victim));
  kept_.erase(victim);
}

template <typename Condition>
void KeptBranches::DropWhere(const Condition& condition, Dropped* dropped) {
  const auto first =
      std::stable_partition(kept_.begin(), kept_.end(), [&](const auto& kept) { return !condition(*kept); });
  std::move(first, kept_.end(), std::back_inserter(*dropped));
  kept_.erase(first, kept_.end());
}

std::shared_ptr<const Branch> KeptBranches::At(int64_t revision, uint64_t changes, const Roll& roll) {
  Dropped dropped;  // freed after the lock
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
  std::lock_guard rolling(kept->rolling);
  {
    std::lock_guard lock(mutex_);
    if (kept->branch != nullptr) return kept->branch;
  }
  std::shared_ptr<const Branch> branch = roll(others);
  std::lock_guard lock(mutex_);
  kept->branch = branch;
  if (branch == nullptr) {
    std::erase(kept_, kept);
  } else if (kept_.size() > 1 && bytes_->load(std::memory_order_relaxed) > bytes_max_) {
    DropLongestUnused(&dropped);
  }
  return branch;
}

bool KeptBranches::Has(int64_t revision) const {
  std::lock_guard lock(mutex_);
  return std::any_of(kept_.begin(), kept_.end(),
                     [&](const auto& kept) { return kept->revision == revision && kept->branch != nullptr; });
}

void KeptBranches::DropBefore(int64_t revision) {
  Dropped dropped;  // freed after the lock
  std::lock_guard lock(mutex_);
  DropWhere([&](const Kept& kept) { return kept.revision < revision; }, &dropped);
}

void KeptBranches::TryDropUnusedSince(uint64_t changes, bool one_more) {
  Dropped dropped;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  DropWhere([&](const Kept& kept) { return kept.used_at < changes; }, &dropped);
  if (one_more && kept_.size() > 1) DropLongestUnused(&dropped);
}

void KeptBranches::Clear() {
  Dropped dropped;
  std::lock_guard lock(mutex_);
  kept_.swap(dropped);
}

}  // namespace quorate::mvcc::index
