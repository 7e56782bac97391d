#pragma once

// Whose turn it is to have history read for it. Turns go round the channels that have scans waiting: one that has a
// hundred thousand delays those of another by one read each.

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/container/flat_hash_map.h"

namespace quorate::watch {

// Scans and channels by their numbers, none of which is 0.
class ReadQueue {
 public:
  // A scan that is not waiting.
  void Add(uint64_t scan, uint64_t channel);
  // It waits at the end of another channel's scans from now on. Nothing happens when it is not waiting.
  void Move(uint64_t scan, uint64_t channel);
  // 0: none is left.
  uint64_t Take();
  bool empty() const { return channel_of_.empty(); }
  // Scans of the channel that wait.
  size_t Waiting(uint64_t channel) const;

 private:
  struct Turns {
    std::deque<uint64_t> scans;  // those that have moved on, or had their turn, are passed over
    size_t waiting = 0;
  };
  absl::flat_hash_map<uint64_t, uint64_t> channel_of_;
  absl::flat_hash_map<uint64_t, Turns> turns_;
  std::deque<uint64_t> channels_;  // in turn, each that is in turns_ once
};

}  // namespace quorate::watch
