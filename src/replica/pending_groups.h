#pragma once

// Who waits for which group of commands, from its proposal to its answers, its timeout or its failure.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/replica/replica.h"
#include "src/replica/admission.h"

namespace quorate::replica {

// The completions of one group, in the order of its commands.
struct WaitingBatch {
  std::unique_ptr<BatchCompletion> completion;
  size_t commands = 0;
};
using WaitingGroup = std::vector<WaitingBatch>;

// Answers every command of the group with the same error.
void FailGroup(WaitingGroup group, const absl::Status& status, uint64_t term);

class PendingGroups {
 public:
  // Asked before a batch is queued.
  Admission& admission() { return admission_; }
  const Admission& admission() const { return admission_; }

  // Replica thread. Group ids ascend. The room was admitted and is given back when the group is taken to be executed:
  // until then its commands are in memory, whoever waits for them.
  void Add(uint64_t group, WaitingGroup waiting, size_t commands, size_t bytes, std::chrono::nanoseconds deadline);
  // Takes a group out to be executed; empty when nobody waits for it any more (timed out, failed, or of a former life).
  WaitingGroup Take(uint64_t group, std::chrono::nanoseconds now);
  // Takes out those who wait for the groups whose deadline has passed, or for any; the groups themselves stay. Any
  // thread.
  std::vector<WaitingGroup> TakeExpired(std::chrono::nanoseconds now);
  std::vector<WaitingGroup> TakeAll();
  // Of the oldest group that anyone waits for. Any thread.
  std::optional<std::chrono::nanoseconds> EarliestDeadline();

  // Waits until nothing admitted is left, or the patience is over.
  void WaitEmpty(std::chrono::milliseconds patience);

 private:
  struct Slot {
    uint64_t group;
    WaitingGroup waiting;
    size_t commands;
    size_t bytes;
    std::chrono::nanoseconds deadline;
    bool executed = false;
  };

  Admission admission_;
  base::Mutex mutex_;  // guards slots_: the replica thread adds, the apply thread takes, the timer's expires
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::replica
