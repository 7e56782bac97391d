#pragma once

// Where each entry of the log stands: one place per record, not per entry, and the terms as runs. Used by the log's
// thread.

#include <cstdint>
#include <deque>
#include <optional>

#include "quorate/raft/types.h"
#include "src/wal/segment.h"

namespace quorate::wal {

class EntryIndex {
 public:
  struct Place {
    raft::Index first = 0;  // entry of the record that counts
    const Segment* segment = nullptr;
    uint64_t offset = 0;
    uint32_t sectors = 0;
  };

  // An empty log whose next entry follows `index` of `term` (0: not known).
  void Reset(raft::Index index, raft::Term term);
  raft::Index first_index() const { return first_; }
  raft::Index last_index() const { return last_; }
  // Of an entry, or of the one before the first where it is known.
  std::optional<raft::Term> TermOf(raft::Index index) const;

  // An entry replaces what the log has at its index and after. False when it would leave a gap.
  bool Add(raft::Index index, raft::Term term, const Place& place);
  // The record that holds the entry, and the last entry that counts there. `index` must be in the log.
  Place Find(raft::Index index, raft::Index* last) const;
  // Forgets a segment whose entries all lie before `first`.
  void Drop(const Segment* segment, raft::Index first);

 private:
  void Truncate(raft::Index from);

  struct TermRun {
    raft::Index first;
    raft::Term term;
  };
  raft::Index first_ = 1;
  raft::Index last_ = 0;
  raft::Term before_first_ = 0;
  std::deque<Place> places_;
  std::deque<TermRun> terms_;
};

}  // namespace quorate::wal
