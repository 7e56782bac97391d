#include "src/raft/progress.h"

#include <algorithm>

namespace quorate::raft {

bool Progress::IsPaused() const {
  switch (state_) {
    case State::kProbe:
      return probe_sent_;
    case State::kReplicate:
      return in_flight_.size() >= window_;
    case State::kSnapshot:
      return true;
  }
  return true;
}

void Progress::Sent(Index last) {
  if (state_ == State::kProbe) {
    probe_sent_ = true;
    return;
  }
  if (last < next_) return;  // empty: only tells the commit index
  next_ = last + 1;
  in_flight_.push_back(last);
}

bool Progress::Accepted(Index index) {
  const bool is_news = index > match_ || (index == match_ && state_ == State::kProbe);
  match_ = std::max(match_, index);
  next_ = std::max(next_, index + 1);
  while (!in_flight_.empty() && in_flight_.front() <= index) in_flight_.pop_front();
  probe_sent_ = false;
  if (state_ == State::kProbe && match_ > 0) {
    state_ = State::kReplicate;
    next_ = match_ + 1;
  } else if (state_ == State::kSnapshot && match_ >= snapshot_index_) {
    BecomeProbe();
  }
  return is_news;
}

bool Progress::Rejected(Index refused, Index hint) {
  if (state_ == State::kReplicate) {
    if (refused <= match_) return false;
    BecomeProbe();
    return true;
  }
  if (state_ == State::kSnapshot || refused + 1 != next_) return false;
  next_ = std::max(std::min(refused, hint + 1), match_ + 1);
  probe_sent_ = false;
  return true;
}

void Progress::Heard() {
  recent_active = true;
  probe_sent_ = false;
  if (state_ == State::kReplicate && in_flight_.size() >= window_) in_flight_.pop_front();
}

void Progress::BecomeSnapshot(Index snapshot_index) {
  state_ = State::kSnapshot;
  snapshot_index_ = snapshot_index;
  in_flight_.clear();
}

void Progress::BecomeProbe() {
  next_ = std::max(match_, state_ == State::kSnapshot ? snapshot_index_ : 0) + 1;
  state_ = State::kProbe;
  probe_sent_ = false;
  in_flight_.clear();
}

}  // namespace quorate::raft
