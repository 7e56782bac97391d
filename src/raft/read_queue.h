#pragma once

// Linearizable reads that wait to be told at which index they may be served (thesis, section 6.4).

#include <cstdint>
#include <utility>
#include <vector>

#include "quorate/raft/types.h"

namespace quorate::raft {

class ReadQueue {
 public:
  // The read waits until Confirm: the leader does not yet know the commit index of its term.
  void Add(uint64_t context) { waiting_.push_back(context); }
  // The leader's commit index `index` is known to be the cluster's: everything that waits may be served there.
  void Confirm(Index index) {
    for (const uint64_t context : waiting_) answered_.push_back({.context = context, .index = index});
    waiting_.clear();
  }
  // The leader stepped down; whoever asked asks again.
  void Drop() { waiting_.clear(); }

  bool HasAnswers() const { return !answered_.empty(); }
  std::vector<ReadState> TakeAnswers() { return std::exchange(answered_, {}); }

 private:
  std::vector<uint64_t> waiting_;
  std::vector<ReadState> answered_;
};

}  // namespace quorate::raft
