#pragma once

// What other threads ask of the replica thread: proposals, reads to confirm, stopping. One wake-up however many ask
// before it runs.

#include <chrono>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/replica/replica.h"
#include "src/replica/read_gate.h"

namespace quorate::replica {

// A batch, and when those who wait for it are told that it took too long.
struct QueuedBatch {
  ProposalBatch batch;
  std::chrono::nanoseconds deadline{0};
};

class ProposalQueue {
 public:
  struct Taken {
    std::vector<QueuedBatch> proposals;
    std::vector<ReadDone> reads;
    bool stop = false;
  };

  // Any thread. False once closed; the argument is then untouched.
  bool PushProposal(ProposalBatch& batch, std::chrono::nanoseconds deadline);
  bool PushRead(ReadDone& done);
  // Any thread: wakes the replica thread.
  void Wake();
  // Any thread: Taken::stop from now on.
  void RequestStop();
  // Refuses everything from now on; what Take finds after it is the last.
  void Close();
  // Any thread: takes out what no one has proposed yet, of all batches those whose deadline has passed.
  std::vector<QueuedBatch> TakeExpired(std::chrono::nanoseconds now);
  std::vector<QueuedBatch> TakeProposals();
  std::vector<ReadDone> TakeReads();
  // Any thread: takes the replica thread's place, which stays asleep until EndStandIn. False when it is not asleep, or
  // has something to do.
  bool BeginStandIn();
  void EndStandIn();
  // Any thread: whether BeginStandIn would succeed now.
  bool MayStandIn();
  // Any thread: of the batch that has waited longest.
  std::optional<std::chrono::nanoseconds> EarliestDeadline();
  // Replica thread: waits until something is there or the time is over, and takes all.
  Taken Take(std::chrono::nanoseconds patience);

 private:
  bool IsPlaceFree() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return asleep_ && !awake_ && !stood_in_ && !closed_;
  }

  base::Mutex mutex_;
  Taken content_ ABSL_GUARDED_BY(mutex_);
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;  // someone has something for the replica thread
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;    // the replica thread is
  bool stood_in_ ABSL_GUARDED_BY(mutex_) = false;  // another thread has its place
};

}  // namespace quorate::replica
