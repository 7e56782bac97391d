#include "tests/soak/availability.h"

#include <algorithm>

namespace quorate::soak {

void Availability::BeginOutage() {
  const std::lock_guard lock(mutex_);
  if (up()) ++epoch_;
}

void Availability::EndOutage() {
  {
    const std::lock_guard lock(mutex_);
    if (!up()) ++epoch_;
  }
  changed_.notify_all();
}

void Availability::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Availability::WaitUntilUp() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || up(); });
  return !stopping_;
}

bool Availability::Sleep(std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_.load(); });
}

Pace::Pace(double per_second) : interval_(static_cast<int64_t>(1e9 / per_second)) {}

std::chrono::steady_clock::time_point Pace::Take() {
  const std::lock_guard lock(mutex_);
  // What was not used is lost: an outage is not followed by a flood.
  next_ = std::max(next_ + interval_, std::chrono::steady_clock::now());
  return next_;
}

}  // namespace quorate::soak
