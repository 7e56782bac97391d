#pragma once

// What one delivery has found: events, by the groups that are to hear of them.

#include <cstddef>
#include <vector>

#include "src/watch/matcher.h"

namespace quorate::watch {

class Hits {
 public:
  // An event in the group's range, which comes after those that were added before.
  void Add(Group* group, const Event* event) {
    if (group->hits.empty()) groups_.push_back(group);
    group->hits.push_back(event);
    ++size_;
  }
  // Of all groups.
  size_t size() const { return size_; }
  // Those with hits.
  const std::vector<Group*>& groups() const { return groups_; }
  // The delivery is over.
  void Forget() {
    for (Group* group : groups_) group->ForgetHits();
    groups_.clear();
    size_ = 0;
  }

 private:
  size_t size_ = 0;
  std::vector<Group*> groups_;
};

}  // namespace quorate::watch
