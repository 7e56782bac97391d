#pragma once

// Ends the wait of those whose deadline has passed, on a thread that touches no disk: the others may stand still in
// one. While nobody waits the thread sleeps; else it wakes as often as a wait is long, however many wait and are
// answered meanwhile.

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "quorate/base/clock.h"
#include "quorate/base/mutex.h"

namespace quorate::replica {

class DeadlineTimer {
 public:
  // Fails those whose deadline is not after `now`; returns the earliest of those who wait on, if any. Must not block.
  using Expire = std::function<std::optional<std::chrono::nanoseconds>(std::chrono::nanoseconds now)>;

  // `wait` is how long each of them waits, from its beginning to its deadline, by the clock's monotonic time.
  DeadlineTimer(base::Clock* clock, std::chrono::nanoseconds wait, Expire expire);
  ~DeadlineTimer();

  void Start();
  void Stop();
  // Any thread, after somebody began to wait where `expire` looks. A load while the timer runs.
  void Arm();

 private:
  void Run();
  // False when stopped meanwhile.
  bool Sleep(std::chrono::nanoseconds time);

  base::Clock* const clock_;
  const std::chrono::nanoseconds wait_;
  const Expire expire_;
  // False: whoever begins to wait now has to wake the thread.
  std::atomic<bool> armed_{false};
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::replica
