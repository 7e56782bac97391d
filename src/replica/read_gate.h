#pragma once

// Holds confirmed reads until the index they were confirmed at has been executed.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/raft/types.h"

namespace quorate::replica {

using ReadDone = std::function<void(absl::Status)>;

class ReadGate {
 public:
  // Calls done(OK) once `index` is executed: at once when it is. Any thread.
  void WhenApplied(raft::Index index, ReadDone done);
  // The apply side: everything up to `index` is executed and published.
  void Applied(raft::Index index);
  // Fails all that wait.
  void FailAll(const absl::Status& status);
  raft::Index applied() const { return applied_.load(std::memory_order_acquire); }

 private:
  std::atomic<raft::Index> applied_{0};
  std::atomic<bool> anyone_waits_{false};
  base::Mutex mutex_;  // guards waiting_
  std::multimap<raft::Index, ReadDone> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::replica
