#pragma once

// What a leader knows of one follower, and how much it may send it.
//
//               append accepted                       needs entries that are gone
//     +-------+ --------------> +-----------+     +----------+
//     | probe |                 | replicate |     | snapshot | <- from probe and replicate
//     +-------+ <-------------- +-----------+     +----------+
//               rejected, lost                      | match reaches the snapshot: probe
//
// Probe: one append at a time, looking for where the logs agree. Replicate: appends stream ahead of the answers, at
// most a window of them. Snapshot: nothing is sent until the snapshot is in.

#include <deque>

#include "quorate/raft/types.h"

namespace quorate::raft {

class Progress {
 public:
  enum class State { kProbe, kReplicate, kSnapshot };

  Progress() = default;
  Progress(Index last_index, size_t window) : next_(last_index + 1), window_(window) {}

  State state() const { return state_; }
  Index match() const { return match_; }  // known to be the leader's
  Index next() const { return next_; }    // to send
  bool IsPaused() const;

  // An append of entries up to `last` leaves (`last` + 1 == next() when it carries none).
  void Sent(Index last);
  // The follower has everything up to `index`. Returns whether that is news, or the answer to a probe.
  bool Accepted(Index index);
  // The follower refused an append after entry `refused`, and cannot agree above `hint`. False when the answer is old.
  bool Rejected(Index refused, Index hint);
  // It answers, so a probe that may have been lost is worth repeating; and one of a full window may have been lost.
  void Heard();
  void BecomeSnapshot(Index snapshot_index);
  void BecomeProbe();

  bool recent_active = false;  // heard of since the last check of the quorum

 private:
  State state_ = State::kProbe;
  Index match_ = 0;
  Index next_ = 1;
  Index snapshot_index_ = 0;
  size_t window_ = 1;
  bool probe_sent_ = false;
  std::deque<Index> in_flight_;  // the last entry of each append
};

}  // namespace quorate::raft
