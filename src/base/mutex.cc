#include "quorate/base/mutex.h"

namespace quorate::base {

bool Mutex::Wait(Waiter& waiter, const std::chrono::steady_clock::time_point* deadline) {
  waiter.next = waiters_;
  waiters_ = &waiter;
  // Letting go of the mutex is an unlock like any other: what this thread has changed may be what others wait for.
  WakeThoseWhoseConditionHolds();
  std::unique_lock<std::mutex> lock(mutex_, std::adopt_lock);
  auto woken = [&waiter] { return waiter.woken; };
  bool in_time = true;
  if (deadline == nullptr) {
    waiter.wake.wait(lock, woken);
  } else {
    in_time = waiter.wake.wait_until(lock, *deadline, woken);
  }
  lock.release();
  Waiter** at = &waiters_;
  while (*at != &waiter) at = &(*at)->next;
  *at = waiter.next;
  return in_time;
}

void Mutex::WakeThoseWhoseConditionHolds() {
  for (Waiter* waiter = waiters_; waiter != nullptr; waiter = waiter->next) {
    if (waiter->woken || !waiter->holds(waiter->condition)) continue;
    waiter->woken = true;
    // With the mutex held: once it is let go, the waiter may be gone.
    waiter->wake.notify_one();
  }
}

}  // namespace quorate::base
