#include "src/mvcc/selection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace quorate::mvcc {
namespace {

// A few are not sorted again and again.
constexpr uint64_t kRoomMin = 64;

int64_t SortNumber(SortTarget target, const KeyState& state) {
  switch (target) {
    case SortTarget::kVersion:
      return state.version;
    case SortTarget::kCreate:
      return state.created;
    default:
      return state.modified.main;
  }
}

bool IsBefore(SortTarget target, SortOrder order, const KeyState& a, const KeyState& b) {
  const int64_t left = SortNumber(target, a);
  const int64_t right = SortNumber(target, b);
  return order == SortOrder::kDescend ? left > right : left < right;
}

}  // namespace

Selected::Selected(const KeySource& source, std::string_view key, const KeyState& state) : Selected(key, state) {
  if (source.keeps_keys()) return;
  copy = std::make_unique_for_overwrite<char[]>(key.size());
  if (!key.empty()) memcpy(copy.get(), key.data(), key.size());
  this->key = {copy.get(), key.size()};
}

std::vector<Revision> RevisionsOf(const std::vector<Selected>& keys) {
  std::vector<Revision> revisions;
  revisions.reserve(keys.size());
  for (const Selected& one : keys) revisions.push_back(one.state.modified);
  return revisions;
}

void SortByNumber(SortTarget target, SortOrder order, std::vector<Selected>* keys) {
  std::stable_sort(keys->begin(), keys->end(),
                   [&](const Selected& a, const Selected& b) { return IsBefore(target, order, a.state, b.state); });
}

FirstInOrder::FirstInOrder(SortTarget target, SortOrder order, uint64_t limit)
    : target_(target), order_(order), limit_(limit), room_(std::max(2 * limit, kRoomMin)) {}

void FirstInOrder::Add(const KeySource& source, std::string_view key, const KeyState& state) {
  ++added_;
  if (is_cut_ && !IsBefore(target_, order_, state, keys_[limit_ - 1].state)) return;
  keys_.emplace_back(source, key, state);
  if (keys_.size() == room_) Cut();
}

void FirstInOrder::Cut() {
  const size_t rest = keys_.size() > limit_ ? keys_.size() - limit_ : 0;
  if (target_ == SortTarget::kKey) {
    keys_.erase(keys_.begin(), keys_.begin() + rest);
    return;
  }
  // Those that were sorted before come first, and their keys are before all that came since: equal ones stay in order.
  SortByNumber(target_, order_, &keys_);
  if (rest == 0) return;
  keys_.erase(keys_.end() - rest, keys_.end());
  is_cut_ = true;
}

std::vector<Selected> FirstInOrder::Take() && {
  Cut();
  if (target_ == SortTarget::kKey) std::reverse(keys_.begin(), keys_.end());
  return std::move(keys_);
}

}  // namespace quorate::mvcc
