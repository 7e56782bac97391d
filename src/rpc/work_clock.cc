#include "src/rpc/work_clock.h"

#include <algorithm>
#include <utility>

#include "quorate/base/this_thread.h"

namespace quorate::rpc {

WorkClock& WorkClock::OfThisThread() {
  thread_local WorkClock clock;
  return clock;
}

void WorkClock::Look(TimePoint now) {
  if (now - asked_at_ < kInterval) return;
  asked_at_ = now;
  worked_ = base::TimeWorked();
}

std::chrono::nanoseconds WorkClock::Worked(TimePoint began, TimePoint ended) {
  const std::chrono::nanoseconds before = began - std::exchange(asked_at_, ended);
  const std::chrono::nanoseconds then = std::exchange(worked_, base::TimeWorked());
  const std::chrono::nanoseconds took = ended - began;
  return std::clamp(worked_ - then - before, std::chrono::nanoseconds(0), took);
}

}  // namespace quorate::rpc
