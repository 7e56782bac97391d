#pragma once

// What goes on once beside the load, on a thread and a connection of its own: a defragmentation, a snapshot, a long
// listing, compactions. The load lasts until the errand is done.

#include <chrono>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "src/bench/caller.h"
#include "src/bench/histogram.h"
#include "src/bench/options.h"
#include "src/bench/scenario.h"

namespace quorate::bench {

// Told when the time asked for is over. Any thread.
class Stop {
 public:
  void Set();
  // Returns whether it is set, after at most that time.
  bool WaitFor(std::chrono::nanoseconds time);
  void Wait();

 private:
  base::Mutex mutex_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

struct ErrandFigures {
  // Of its calls, or of the pages it read.
  Histogram latency_ns;
  double elapsed_s = 0;
  Counters counters;
};

class Errand {
 public:
  virtual ~Errand() = default;
  virtual absl::Status Run(Caller* caller, Stop* stop, ErrandFigures* figures) = 0;
};

// Compacts at the newest revision less options.compact_behind, every options.compact_every, until stopped.
std::unique_ptr<Errand> MakeCompactions(const Options& options);
// Defragments once, after a quarter of options.duration; done when stopped.
std::unique_ptr<Errand> MakeDefragmentation(const Options& options);
// Streams one snapshot and counts its bytes.
std::unique_ptr<Errand> MakeSnapshot(const Options& options);
// Reads all keys at one pinned revision in pages of options.limit, each with its count of what is left.
std::unique_ptr<Errand> MakePages(const Options& options);

}  // namespace quorate::bench
