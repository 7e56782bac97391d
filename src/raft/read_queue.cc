#include "src/raft/read_queue.h"

#include <algorithm>

namespace quorate::raft {

bool ReadQueue::BeginRound() {
  if (round_ != confirmed_round_ || waiting_.empty()) return false;
  ++round_;
  return true;
}

void ReadQueue::Answered(MemberId id, uint64_t round) {
  uint64_t& answered = answered_[id];
  if (round > answered && round <= round_) answered = round;
}

std::vector<ReadQueue::Read> ReadQueue::TakeConfirmed(const Configuration& configuration, MemberId self) {
  const uint64_t answered_round = QuorumIndex(configuration, [&](MemberId id) {
    if (id == self) return round_;
    const auto answered = answered_.find(id);
    return answered == answered_.end() ? 0 : answered->second;
  });
  confirmed_round_ = std::max(confirmed_round_, answered_round);
  std::vector<Read> confirmed;
  while (!waiting_.empty() && waiting_.front().round <= confirmed_round_) {
    confirmed.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return confirmed;
}

void ReadQueue::Drop() {
  held_.clear();
  waiting_.clear();
  answered_.clear();
  ++round_;
  confirmed_round_ = round_;
}

}  // namespace quorate::raft
