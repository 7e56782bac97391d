#include "src/wal/entry_index.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::wal {

void EntryIndex::Reset(raft::Index index, raft::Term term) {
  first_ = index + 1;
  last_ = index;
  before_first_ = term;
  places_.clear();
  terms_.clear();
}

std::optional<raft::Term> EntryIndex::TermOf(raft::Index index) const {
  if (index == 0) return 0;
  if (index + 1 == first_ && before_first_ != 0) return before_first_;
  if (index < first_ || index > last_) return std::nullopt;
  const auto after = std::upper_bound(terms_.begin(), terms_.end(), index,
                                      [](raft::Index wanted, const TermRun& run) { return wanted < run.first; });
  return std::prev(after)->term;
}

void EntryIndex::Truncate(raft::Index from) {
  while (!places_.empty() && places_.back().first >= from) places_.pop_back();
  while (!terms_.empty() && terms_.back().first >= from) terms_.pop_back();
  last_ = from - 1;
  if (from < first_) Reset(from - 1, 0);
}

bool EntryIndex::Add(raft::Index index, raft::Term term, const Place& place) {
  if (index > last_ + 1) return false;
  if (index <= last_) Truncate(index);
  last_ = index;
  const bool same_record =
      !places_.empty() && places_.back().segment == place.segment && places_.back().offset == place.offset;
  if (!same_record) {
    places_.push_back(place);
    places_.back().first = index;
  }
  if (terms_.empty() || terms_.back().term != term) terms_.push_back({index, term});
  return true;
}

EntryIndex::Place EntryIndex::Find(raft::Index index, raft::Index* last) const {
  QUORATE_CHECK(index >= first_ && index <= last_) << "entry " << index << " of " << first_ << " to " << last_;
  const auto after = std::upper_bound(places_.begin(), places_.end(), index,
                                      [](raft::Index wanted, const Place& place) { return wanted < place.first; });
  *last = after == places_.end() ? last_ : after->first - 1;
  return *std::prev(after);
}

void EntryIndex::Drop(const Segment* segment, raft::Index first) {
  const raft::Term before_first = TermOf(first - 1).value_or(0);
  while (!places_.empty() && places_.front().segment == segment) places_.pop_front();
  first_ = std::max(first_, first);
  before_first_ = before_first;
  while (terms_.size() > 1 && terms_[1].first <= first_) terms_.pop_front();
  if (last_ < first_) terms_.clear();
}

}  // namespace quorate::wal
