#pragma once

// States of the past, rolled back (or forward) from a state at hand by the undo log's changes: a branch of the tree
// that shares all but the changed paths with its base. A list whose pages are pinned to one revision rolls once; the
// pages that follow find the branch kept.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/mvcc/key_index.h"
#include "src/mvcc/index_pins.h"
#include "src/mvcc/index_tree.h"
#include "src/mvcc/index_undo.h"

namespace quorate::mvcc::index {

class FelledBranches;

// Immutable once made. Keeps its base's nodes and the items of its own revision from being freed.
class Branch {
 public:
  // Rolls to `revision` from the nearest of `newest` and `kept`. Null when the undo log does not reach there. It goes
  // to `felled` once nobody holds it any more.
  static std::shared_ptr<const Branch> Roll(int64_t revision, IndexView newest,
                                            const std::vector<std::shared_ptr<const Branch>>& kept, PinTable* pins,
                                            const UndoLog& undo, FelledBranches* felled);
  ~Branch();
  Branch(const Branch&) = delete;
  Branch& operator=(const Branch&) = delete;

  const Root& root() const { return root_; }
  // Of its own nodes.
  size_t own_bytes() const { return own_bytes_; }
  // Once nobody holds it: frees so many of its nodes at most; returns how many. It is freed when these are none.
  size_t FreeNodes(size_t nodes_max);
  bool is_freed() const { return unfreed_.empty(); }

 private:
  // A branch on a branch keeps it alive, so chains are short.
  static constexpr int kDepthMax = 3;

  Branch() = default;
  void Apply(const Root& base, const ChangeSpan& span, bool backward);

  Root root_{};
  int64_t version_ = 0;  // of its own nodes
  int depth_ = 0;
  IndexView base_view_;
  std::shared_ptr<const Branch> base_branch_;
  PinSlot* pin_ = nullptr;  // of its revision
  size_t own_bytes_ = 0;
  std::vector<Node*> unfreed_;  // own nodes that lead to all own ones that are left
};

// The branches that nobody holds any more. To free a large one takes tens of milliseconds, which whoever happened to
// hold it last has not; so that is done in pieces, by the writer when it publishes and by whoever makes a branch. The
// latter free more than they make, so what waits here is bounded though nothing should ever be published.
class FelledBranches {
 public:
  // `held_bytes` counts the memory of the branches that somebody holds.
  explicit FelledBranches(std::atomic<size_t>* held_bytes) : held_bytes_(held_bytes) {}

  // Any thread.
  void Made(const Branch& branch) { held_bytes_->fetch_add(branch.own_bytes(), std::memory_order_relaxed); }
  void Add(std::unique_ptr<Branch> branch);
  // Frees so many nodes at most.
  void Free(size_t nodes_max);
  // Of what is not freed yet.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t>* const held_bytes_;
  std::atomic<size_t> bytes_{0};
  base::Mutex mutex_;  // guards the list; not held while anything is freed
  // The longest here first, for what its pin keeps.
  std::deque<std::unique_ptr<Branch>> branches_ ABSL_GUARDED_BY(mutex_);
};

// The branches that are kept for the pages to come, the longest unused dropped first.
class KeptBranches {
 public:
  using Roll = std::function<std::shared_ptr<const Branch>(const std::vector<std::shared_ptr<const Branch>>& kept)>;

  // At most so many, and beside the last used one only as many as leave `bytes` (of all that somebody holds) below
  // `bytes_max`.
  KeptBranches(size_t branches_max, size_t bytes_max, const std::atomic<size_t>* bytes, FelledBranches* felled)
      : branches_max_(branches_max), bytes_max_(bytes_max), bytes_(bytes), felled_(felled) {}

  // Any thread. The branch at `revision`, rolled by `roll` when none is kept; threads that want the same one wait for
  // the first. Null when `roll` gives null. `changes` is how many changes the index has seen so far, the time that
  // passes here.
  std::shared_ptr<const Branch> At(int64_t revision, uint64_t changes, const Roll& roll);
  // Any thread. Whether the branch at `revision` is kept.
  bool Has(int64_t revision) const;
  // Any thread. Drops those before a revision.
  void DropBefore(int64_t revision);
  // The writer: drops those not asked for since `changes`, and when `one_more` the longest unused one, but not the last
  // used, which pages may need right now. Drops none when a reader has the lock at the moment. And frees a piece of
  // what was dropped.
  void TryDropUnusedSince(uint64_t changes, bool one_more);
  // Drops all, and frees all that nobody holds.
  void Clear();

 private:
  struct Kept {
    int64_t revision = 0;
    std::mutex rolling;                    // held while it is made; bare, since it is let go of midway
    std::shared_ptr<const Branch> branch;  // null until then
    uint64_t used_at = 0;                  // in changes
    uint64_t use = 0;                      // orders uses
  };
  using Dropped = std::vector<std::shared_ptr<Kept>>;

  // With mutex_ held.
  std::shared_ptr<Kept> Find(int64_t revision, uint64_t changes);
  // Returns its own bytes.
  size_t DropLongestUnused(Dropped* dropped);
  template <typename Condition>
  void DropWhere(const Condition& condition, Dropped* dropped);

  const size_t branches_max_;
  const size_t bytes_max_;
  const std::atomic<size_t>* const bytes_;
  FelledBranches* const felled_;
  // Guards what follows and what each Kept holds, but for its mutex. A bare mutex, since the writer only tries for it.
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Kept>> kept_;
  uint64_t uses_ = 0;
};

}  // namespace quorate::mvcc::index
