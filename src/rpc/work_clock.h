#pragma once

// How long a thread works, without what others have of its processor meanwhile. The kernel tells, for half a
// microsecond: too much for each turn of a connection, so it is asked now and then, and after a turn that took long.

#include <chrono>

namespace quorate::rpc {

// One thread's.
class WorkClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static WorkClock& OfThisThread();

  // Before work that may take long. Costs nothing when the kernel was asked within a millisecond.
  void Look(TimePoint now);
  // How much of this time the thread worked for certain. What lies between the last look and the beginning is taken for
  // work; so without a look shortly before it is less than it was.
  std::chrono::nanoseconds Worked(TimePoint began, TimePoint ended);

 private:
  static constexpr std::chrono::milliseconds kInterval{1};

  // When the kernel was asked, and what it said.
  TimePoint asked_at_{};
  std::chrono::nanoseconds worked_{0};
};

}  // namespace quorate::rpc
