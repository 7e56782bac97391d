#include "src/watch/matcher.h"

#include <random>

#include "quorate/base/check.h"
#include "src/watch/watcher.h"

namespace quorate::watch {
namespace {

// The order of the tree.
int Compare(const Group& a, const Group& b) {
  if (const int begins = a.begin.compare(b.begin); begins != 0) return begins;
  if (a.unbounded != b.unbounded) return a.unbounded ? 1 : -1;
  return a.end.compare(b.end);
}

bool EndsLater(const Group& a, const Group& b) {
  if (a.unbounded || b.unbounded) return a.unbounded && !b.unbounded;
  return a.end > b.end;
}

void Update(Group* node) {
  node->furthest = node;
  for (const Group* child : {node->left, node->right}) {
    if (child != nullptr && EndsLater(*child->furthest, *node->furthest)) node->furthest = child->furthest;
  }
}

// Into what is before `middle` and what is after it.
void Split(Group* node, const Group& middle, Group** before, Group** after) {
  if (node == nullptr) {
    *before = *after = nullptr;
    return;
  }
  if (Compare(*node, middle) < 0) {
    Split(node->right, middle, &node->right, after);
    *before = node;
  } else {
    Split(node->left, middle, before, &node->left);
    *after = node;
  }
  Update(node);
}

// All of `before` is before all of `after`.
Group* Join(Group* before, Group* after) {
  if (before == nullptr) return after;
  if (after == nullptr) return before;
  Group* top = before->priority > after->priority ? before : after;
  if (top == before) {
    top->right = Join(before->right, after);
  } else {
    top->left = Join(before, after->left);
  }
  Update(top);
  return top;
}

Group* Insert(Group* node, Group* group) {
  if (node == nullptr) return group;
  if (group->priority > node->priority) {
    Split(node, *group, &group->left, &group->right);
    Update(group);
    return group;
  }
  if (Compare(*group, *node) < 0) {
    node->left = Insert(node->left, group);
  } else {
    node->right = Insert(node->right, group);
  }
  Update(node);
  return node;
}

Group* Erase(Group* node, Group* group) {
  QUORATE_CHECK(node != nullptr) << "a group that is not in its tree";
  if (node == group) return Join(node->left, node->right);
  if (Compare(*group, *node) < 0) {
    node->left = Erase(node->left, group);
  } else {
    node->right = Erase(node->right, group);
  }
  Update(node);
  return node;
}

// Room for hits that a group keeps for the next delivery: there may be as many groups as watchers.
constexpr size_t kHitsKeptMax = 32;

}  // namespace

void Group::ForgetHits() {
  hits.clear();
  if (hits.capacity() > kHitsKeptMax) hits.shrink_to_fit();
  offered = 0;
  former_look = {};
  for (auto& selection : selections) selection.reset();
}

uint32_t Matcher::ProcessSeed() {
  static const uint32_t seed = std::random_device{}() | 1;
  return seed;
}

Group* Matcher::FindRange(const Group& like) const {
  Group* node = ranges_;
  while (node != nullptr) {
    const int order = Compare(like, *node);
    if (order == 0) return node;
    node = order < 0 ? node->left : node->right;
  }
  return nullptr;
}

Group* Matcher::Own(std::unique_ptr<Group> group) {
  Group* owned = group.get();
  owned->place_ = groups_.size();
  groups_.push_back(std::move(group));
  if (owned->single) {
    keys_.emplace(owned->begin, owned);
    return owned;
  }
  random_ ^= random_ << 13;
  random_ ^= random_ >> 17;
  random_ ^= random_ << 5;
  owned->priority = random_;
  ranges_ = Insert(ranges_, owned);
  return owned;
}

void Matcher::Disown(Group* group) {
  if (group->single) {
    keys_.erase(group->begin);
  } else {
    ranges_ = Erase(ranges_, group);
  }
  const size_t place = group->place_;
  std::swap(groups_[place], groups_.back());
  groups_[place]->place_ = place;
  groups_.pop_back();
}

void Matcher::Add(Watcher* watcher) {
  QUORATE_CHECK(watcher->group == nullptr) << "a watcher in two groups";
  Group* group = nullptr;
  if (watcher->range().single) {
    auto found = keys_.find(watcher->range().begin);
    if (found != keys_.end()) group = found->second;
    if (group == nullptr) group = Own(std::make_unique<Group>(watcher->range()));
  } else {
    auto made = std::make_unique<Group>(watcher->range());
    group = FindRange(*made);
    if (group == nullptr) group = Own(std::move(made));
  }
  watcher->group = group;
  watcher->previous = nullptr;
  watcher->following = group->first;
  if (group->first != nullptr) group->first->previous = watcher;
  group->first = watcher;
  ++group->watchers;
  ++size_;
}

void Matcher::Remove(Watcher* watcher) {
  Group* group = std::exchange(watcher->group, nullptr);
  QUORATE_CHECK(group != nullptr) << "a watcher in no group";
  if (watcher->following != nullptr) watcher->following->previous = watcher->previous;
  if (watcher->previous != nullptr) watcher->previous->following = watcher->following;
  if (group->first == watcher) group->first = watcher->following;
  watcher->previous = watcher->following = nullptr;
  --size_;
  if (--group->watchers == 0) Disown(group);
}

}  // namespace quorate::watch
