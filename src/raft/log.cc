#include "src/raft/log.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::raft {

Log::Log(const InitialState& initial, LogReader* reader)
    : reader_(reader),
      before_index_(initial.last_index - initial.entries.size()),
      persisted_(initial.last_index),
      committed_(std::max({initial.hard_state.commit, initial.applied, initial.snapshot_index})),
      applied_(std::max(initial.applied, initial.snapshot_index)),
      handed_to_persist_(initial.last_index),
      handed_to_apply_(applied_) {
  QUORATE_CHECK(initial.entries.size() <= initial.last_index);
  QUORATE_CHECK(committed_ <= initial.last_index)
      << "committed up to " << committed_ << " but the log ends at " << initial.last_index;
  Index expected = before_index_ + 1;
  for (const Entry& entry : initial.entries) {
    QUORATE_CHECK(entry.index == expected) << "entry " << entry.index << " where " << expected << " belongs";
    ++expected;
    if (entry.index > committed_) uncommitted_bytes_ += entry.data.size();
    entries_.push_back(entry);
  }
  if (entries_.empty()) {
    before_term_ = initial.last_term;
  } else if (before_index_ == initial.snapshot_index) {
    before_term_ = initial.snapshot_term;
  } else if (reader_ != nullptr && before_index_ > 0) {
    // Compacted away on disk too: only a slow follower would ask, and it is sent a snapshot then.
    if (const absl::StatusOr<Term> term = reader_->TermOf(before_index_); term.ok()) before_term_ = *term;
  }
}

std::optional<Term> Log::TermOf(Index index) const {
  if (index == 0) return 0;
  if (index > last_index()) return std::nullopt;
  if (index > before_index_) return At(index).term;
  if (index == before_index_ && before_term_ != 0) return before_term_;
  if (reader_ == nullptr) return std::nullopt;
  const absl::StatusOr<Term> term = reader_->TermOf(index);
  if (!term.ok()) return std::nullopt;
  return *term;
}

Index Log::Append(Term term, EntryType type, base::Buffer data) {
  QUORATE_CHECK(term >= last_term()) << "an entry of term " << term << " after one of " << last_term();
  uncommitted_bytes_ += data.size();
  entries_.push_back({.term = term, .index = last_index() + 1, .type = type, .data = std::move(data)});
  return last_index();
}

Index Log::LastNotAbove(Index index, Term term) const {
  for (index = std::min(index, last_index()); index > 0; --index) {
    const std::optional<Term> found = TermOf(index);
    if (!found.has_value() || *found <= term) break;
  }
  return index;
}

absl::StatusOr<std::vector<Entry>> Log::EntriesFrom(Index begin, size_t bytes_max) const {
  std::vector<Entry> entries;
  if (begin < first_index()) {
    if (reader_ == nullptr) return base::MakeStatus(absl::StatusCode::kOutOfRange, "entries are gone");
    return reader_->Entries(begin, first_index(), bytes_max);
  }
  size_t bytes = 0;
  for (Index i = begin; i <= last_index(); ++i) {
    bytes += At(i).data.size();
    if (!entries.empty() && bytes > bytes_max) break;
    entries.push_back(At(i));
  }
  return entries;
}

void Log::CutFrom(Index index) {
  QUORATE_CHECK(index > committed_) << "entry " << index << " is committed and would be cut off";
  while (last_index() >= index) {
    uncommitted_bytes_ -= entries_.back().data.size();
    entries_.pop_back();
  }
  persisted_ = std::min(persisted_, index - 1);
  handed_to_persist_ = std::min(handed_to_persist_, index - 1);
}

void Log::Take(std::vector<Entry> entries) {
  for (Entry& entry : entries) {
    if (Holds(entry.index, entry.term)) continue;
    // Committed long ago and compacted: it agrees.
    if (entry.index <= committed_) continue;
    if (entry.index <= last_index()) CutFrom(entry.index);
    QUORATE_CHECK(entry.index == last_index() + 1) << "entry " << entry.index << " after " << last_index();
    Append(entry.term, entry.type, std::move(entry.data));
  }
}

bool Log::CommitTo(Index index) {
  if (index <= committed_) return false;
  QUORATE_CHECK(index <= last_index()) << "commit " << index << " beyond the log's end " << last_index();
  for (Index i = std::max(committed_ + 1, first_index()); i <= index; ++i) uncommitted_bytes_ -= At(i).data.size();
  committed_ = index;
  return true;
}

void Log::Persisted(Index index, Term term) {
  if (index <= persisted_ || TermOf(index) != term) return;
  QUORATE_CHECK(index <= handed_to_persist_) << "entry " << index << " was never handed out";
  persisted_ = index;
}

void Log::Applied(Index index) {
  QUORATE_CHECK(index <= handed_to_apply_) << "entry " << index << " was never handed out to apply";
  applied_ = std::max(applied_, index);
}

void Log::Compact(Index index) {
  const Index end = std::min({index, applied_ + 1, persisted_ + 1});
  while (first_index() < end) {
    before_term_ = entries_.front().term;
    ++before_index_;
    entries_.pop_front();
  }
}

std::vector<Entry> Log::TakeEntriesToPersist() {
  std::vector<Entry> taken;
  taken.reserve(last_index() - handed_to_persist_);
  for (Index i = handed_to_persist_ + 1; i <= last_index(); ++i) taken.push_back(At(i));
  handed_to_persist_ = last_index();
  return taken;
}

std::vector<Entry> Log::TakeEntriesToApply() {
  const Index applicable = ApplicableIndex();
  if (handed_to_apply_ >= applicable) return {};
  std::vector<Entry> taken;
  if (handed_to_apply_ + 1 < first_index()) {
    QUORATE_CHECK(reader_ != nullptr) << "entry " << handed_to_apply_ + 1 << " is not in memory";
    const Index end = std::min(applicable + 1, first_index());
    absl::StatusOr<std::vector<Entry>> read = reader_->Entries(handed_to_apply_ + 1, end, kCommittedBytesMax);
    QUORATE_CHECK(read.ok()) << "a committed entry cannot be read: " << base::MessageOf(read.status());
    QUORATE_CHECK(!read->empty() && read->front().index == handed_to_apply_ + 1);
    taken = *std::move(read);
  } else {
    size_t bytes = 0;
    for (Index i = handed_to_apply_ + 1; i <= applicable; ++i) {
      bytes += At(i).data.size();
      if (!taken.empty() && bytes > kCommittedBytesMax) break;
      taken.push_back(At(i));
    }
  }
  handed_to_apply_ = taken.back().index;
  return taken;
}

}  // namespace quorate::raft
