#pragma once

// Hands committed entries to the apply thread, or lends its role to the replica thread while it is idle: entries are
// executed by one thread at a time, in order.

#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/raft/types.h"

namespace quorate::replica {

class ApplyQueue {
 public:
  // Replica thread: true when nothing is queued and nobody executes; then this thread executes, until it calls Done.
  bool TryBeginInline();
  // Replica thread. In order.
  void Push(std::vector<raft::Entry> entries);
  // Replica thread, executing: the apply thread is to go on with what this one could not finish. Instead of Done.
  void HandOver();

  struct Taken {
    std::vector<raft::Entry> entries;
    bool handed_over = false;  // something is to be gone on with; then there are no entries
    bool none() const { return entries.empty() && !handed_over; }
  };
  // Apply thread: waits for entries and takes all there are; none once closed and drained. Holding them, it is the one
  // that executes, until it calls Done.
  Taken Take();
  void Done();
  // No Push after it.
  void Close();

 private:
  base::Mutex mutex_;
  std::vector<raft::Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool executing_ ABSL_GUARDED_BY(mutex_) = false;
  bool handed_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::replica
