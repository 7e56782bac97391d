#pragma once

// The end of the log that is in memory, and how far each of its entries has come:
//
//   ... on disk only ... | first ... applied ... committed ... persisted ... handed out ... last
//
// Entries are handed out once to be persisted and once to be applied. What lies before `first` is read through the
// LogReader. Used by the node's thread.

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "quorate/base/status.h"
#include "quorate/raft/node.h"
#include "quorate/raft/types.h"

namespace quorate::raft {

class Log {
 public:
  // Committed entries of one Ready hold at most this many bytes of data (but at least one entry), so that a member
  // which restarts with a long log applies it in bites.
  static constexpr size_t kCommittedBytesMax = 16 << 20;

  Log(const InitialState& initial, LogReader* reader);

  Index first_index() const { return before_index_ + 1; }
  Index last_index() const { return before_index_ + entries_.size(); }
  Term last_term() const { return entries_.empty() ? before_term_ : entries_.back().term; }
  Index persisted() const { return persisted_; }
  Index committed() const { return committed_; }
  Index applied() const { return applied_; }
  // nullopt: no such entry, or it is known neither here nor to the reader.
  std::optional<Term> TermOf(Index index) const;
  bool Holds(Index index, Term term) const { return TermOf(index) == term; }
  // Whether a log that ends with this entry has all that is committed, as far as this one can tell (thesis, 3.6.1).
  bool IsUpToDate(Index index, Term term) const {
    return term > last_term() || (term == last_term() && index >= last_index());
  }
  // The highest entry at or below `index` whose term is at most `term`: logs that disagree can agree no higher.
  Index LastNotAbove(Index index, Term term) const;
  // Entries from `begin` on to send: as many as fit `bytes_max` but at least one, none at the end of the log. An error
  // when they are gone and only a snapshot has them.
  absl::StatusOr<std::vector<Entry>> EntriesFrom(Index begin, size_t bytes_max) const;
  // Bytes of data in entries that are not committed.
  size_t uncommitted_bytes() const { return uncommitted_bytes_; }

  // Appends one entry at last_index() + 1 and returns its index.
  Index Append(Term term, EntryType type, base::Buffer data);
  // Takes a leader's entries, which follow one that is held here. What contradicts them is cut off; what agrees stays.
  void Take(std::vector<Entry> entries);
  // Returns whether the commit index rose. `index` must not lie above last_index().
  bool CommitTo(Index index);
  // All entries up to `index` are on disk, if the one there is still of `term`.
  void Persisted(Index index, Term term);
  void Applied(Index index);
  // Forgets entries before `index` as far as they are applied and persisted.
  void Compact(Index index);

  bool HasEntriesToPersist() const { return handed_to_persist_ < last_index(); }
  std::vector<Entry> TakeEntriesToPersist();
  // An entry is applied only once it is on this member's own disk too: the store must never be ahead of the log.
  bool HasEntriesToApply() const { return handed_to_apply_ < ApplicableIndex(); }
  std::vector<Entry> TakeEntriesToApply();

 private:
  Index ApplicableIndex() const { return std::min(committed_, persisted_); }
  void CutFrom(Index index);
  const Entry& At(Index index) const { return entries_[index - first_index()]; }

  LogReader* const reader_;
  Index before_index_ = 0;  // the entry before the first in memory
  Term before_term_ = 0;
  std::deque<Entry> entries_;
  Index persisted_ = 0;
  Index committed_ = 0;
  Index applied_ = 0;
  Index handed_to_persist_ = 0;
  Index handed_to_apply_ = 0;
  size_t uncommitted_bytes_ = 0;
};

}  // namespace quorate::raft
