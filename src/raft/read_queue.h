#pragma once

// Linearizable reads that wait to be told at which index they may be served (thesis, section 6.4). The leader numbers
// rounds of heartbeats; a read asked before a round began may be served once a quorum has answered that round. One
// round confirms all reads that waited for it, and the next begins only then.

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "quorate/raft/types.h"
#include "src/raft/quorum.h"

namespace quorate::raft {

class ReadQueue {
 public:
  struct Read {
    uint64_t context = 0;
    MemberId from = 0;  // who asked; its own leader's reads too
    Index index = 0;
    uint64_t round = 0;
  };

  // Waits for the term's first commit: until then the leader may not know the newest commit index.
  void Hold(uint64_t context, MemberId from) { held_.push_back({context, from, 0, 0}); }
  std::vector<Read> TakeHeld() { return std::exchange(held_, {}); }
  // Waits for a round that begins from now on.
  void Add(uint64_t context, MemberId from, Index commit) { waiting_.push_back({context, from, commit, round_ + 1}); }

  // The round to put into heartbeats.
  uint64_t round() const { return round_; }
  // Whether a new round is worth a broadcast: somebody waits for it and the one before is over.
  bool BeginRound();
  // A member has answered heartbeats of `round` and before.
  void Answered(MemberId id, uint64_t round);
  // Takes the reads whose round a quorum has answered.
  std::vector<Read> TakeConfirmed(const Configuration& configuration, MemberId self);
  // The leader stepped down; whoever asked asks again. Rounds are not reused: old answers may still be on their way.
  void Drop();

 private:
  std::vector<Read> held_;
  std::deque<Read> waiting_;  // ascending round
  uint64_t round_ = 0;
  uint64_t confirmed_round_ = 0;
  std::map<MemberId, uint64_t> answered_;
};

}  // namespace quorate::raft
