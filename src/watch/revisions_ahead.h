#pragma once

// Which revisions lie beyond a position that only rises: the answer to whether there are any, without a look at whose
// they are.

#include <cstdint>

#include "absl/container/btree_set.h"

namespace quorate::watch {

class RevisionsAhead {
 public:
  // `position` is never lower than in the call before, whichever it was. One that is not beyond it is not kept.
  void Add(int64_t revision, int64_t position) {
    if (revision <= position) return;
    Drop(position);
    revisions_.insert(revision);
  }
  // One that was added.
  void Remove(int64_t revision, int64_t position) {
    if (revision <= position) return;
    auto found = revisions_.find(revision);
    if (found != revisions_.end()) revisions_.erase(found);
  }
  bool Any(int64_t position) {
    Drop(position);
    return !revisions_.empty();
  }

 private:
  void Drop(int64_t position) {
    if (revisions_.empty() || *revisions_.begin() > position) return;
    revisions_.erase(revisions_.begin(), revisions_.upper_bound(position));
  }

  absl::btree_multiset<int64_t> revisions_;
};

}  // namespace quorate::watch
