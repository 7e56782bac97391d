#pragma once

// Maintenance.Defragment: gives back the space of what was removed, while reads and writes go on.
//
// On a thread of its own, started at the first request. One run at a time; who asks while one runs is answered by the
// next, which all who wait share.

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "quorate/base/latency_histogram.h"
#include "quorate/base/status.h"
#include "quorate/replica/replica.h"

namespace quorate::api {

class Defragmentation {
 public:
  // What may wait for the next run.
  static constexpr size_t kWaitingMax = 1024;
  // Runs on the defragmentation's thread; with a refusal inside Request, or with "server stopped" inside Stop.
  using Done = absl::AnyInvocable<void(absl::Status)>;

  Defragmentation();
  ~Defragmentation();  // Stop()s
  Defragmentation(const Defragmentation&) = delete;
  Defragmentation& operator=(const Defragmentation&) = delete;

  // Any thread. The replica must be there until Stop.
  void Request(replica::Replica* replica, Done done);
  // Breaks off what runs, refuses what waits and what comes.
  void Cancel();
  // And waits for the end of what runs, which comes soon: rewriting ends at the next record. Where that waits for other
  // work of the store's, all of it is ended for good: no more writes may come.
  void Stop();

  // Buckets from 0.1 s to 410 s, as etcd's.
  const base::LatencyHistogram<13, 100'000'000>& durations() const { return durations_; }
  bool running() const;

 private:
  struct State;

  // How long Stop waits for the rewriting to notice.
  static constexpr std::chrono::milliseconds kStopPatience{300};

  // The thread, if it does not run yet.
  absl::Status Start(replica::Replica* replica);
  void Run(replica::Replica* replica);
  absl::Status Defragment(replica::Replica& replica);
  void SetRunning(replica::Replica* replica);
  // Cancelled when stopped; else why the garbage cannot be removed these days.
  absl::Status WaitForGarbageRemoval(replica::Replica& replica);

  const std::shared_ptr<State> state_;
  std::atomic<bool> canceled_{false};
  base::LatencyHistogram<13, 100'000'000> durations_;
  std::thread thread_;
};

}  // namespace quorate::api
