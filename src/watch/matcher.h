#pragma once

// Finds the watchers of a key: those of the one key by a hash table, those of ranges by a tree of intervals. Watchers
// of the same range form a group and are found as one, so that a key costs O(log groups + groups found).

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "quorate/base/sip_hash.h"
#include "quorate/mvcc/key_range.h"
#include "src/watch/selection.h"

namespace quorate::watch {

struct Watcher;

// The watchers of one range.
struct Group {
  explicit Group(const mvcc::KeyRange& range)
      : begin(range.begin), end(range.end), single(range.single), unbounded(range.unbounded) {}

  size_t bytes() const { return begin.size() + end.size(); }

  const std::string begin;
  const std::string end;
  const bool single;
  const bool unbounded;
  Watcher* first = nullptr;
  size_t watchers = 0;

  // What one delivery found for the group, in order; how many of them its watchers were offered already; and what was
  // made of them for watchers that want the same.
  std::vector<const Event*> hits;
  size_t offered = 0;
  // Whether former values were missing in hits [from, to), looked at last.
  struct FormerLook {
    size_t from = 0;
    size_t to = 0;
    bool lacks = false;
  };
  FormerLook former_look;
  std::array<std::unique_ptr<GroupSelection>, kSelectionKinds> selections;
  // After the delivery.
  void ForgetHits();

  // In the tree of ranges: ordered by begin, then by end, a heap by priority. `furthest`: whichever group of this
  // subtree ends last.
  Group* left = nullptr;
  Group* right = nullptr;
  uint32_t priority = 0;
  const Group* furthest = this;

 private:
  friend class Matcher;
  size_t place_ = 0;  // in the matcher's list
};

class Matcher {
 public:
  Matcher() = default;
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  // Sets, and clears, the watcher's group.
  void Add(Watcher* watcher);
  void Remove(Watcher* watcher);
  size_t size() const { return size_; }
  const std::vector<std::unique_ptr<Group>>& groups() const { return groups_; }

  // Calls visit(Group&) for each group whose range the key lies in.
  template <typename Visit>
  void Match(std::string_view key, Visit&& visit) {
    if (!keys_.empty()) {
      auto found = keys_.find(key);
      if (found != keys_.end()) visit(*found->second);
    }
    if (ranges_ != nullptr) Stab(ranges_, key, visit);
  }

 private:
  // Clients choose the keys: nobody may be able to choose them so that all fall into one place.
  struct KeyHash {
    base::SipKey sip_key = base::SipKey::OfProcess();
    size_t operator()(std::string_view key) const { return base::SipHash13(sip_key, key); }
  };

  // The same for all matchers of the process; not 0.
  static uint32_t ProcessSeed();
  static bool EndsAfter(const Group& group, std::string_view key) { return group.unbounded || group.end > key; }

  template <typename Visit>
  static void Stab(Group* node, std::string_view key, Visit&& visit) {
    // To the left of a node everything begins before it: down the right side there is no need to come back.
    while (node != nullptr && EndsAfter(*node->furthest, key)) {
      if (node->left != nullptr) Stab(node->left, key, visit);
      if (node->begin > key) return;
      if (EndsAfter(*node, key)) visit(*node);
      node = node->right;
    }
  }

  Group* FindRange(const Group& like) const;
  Group* Own(std::unique_ptr<Group> group);
  void Disown(Group* group);

  size_t size_ = 0;  // watchers
  std::vector<std::unique_ptr<Group>> groups_;
  absl::flat_hash_map<std::string_view, Group*, KeyHash, std::equal_to<std::string_view>> keys_;
  Group* ranges_ = nullptr;
  // Keeps the tree level. Its quality does not matter, but nobody outside may know it: he could choose his ranges so
  // that the tree becomes a list.
  uint32_t random_ = ProcessSeed();
};

}  // namespace quorate::watch
