#pragma once

// A mutex with thread annotations and conditional waiting. Like absl::Mutex, who unlocks evaluates the conditions of
// those who wait and wakes only whom it concerns; made of the standard mutex, because Debian's Abseil is not built with
// ThreadSanitizer's annotations and every lock of it would be reported as a race.

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace quorate::base {

class ABSL_LOCKABLE Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() {
    if (waiters_ != nullptr) WakeThoseWhoseConditionHolds();
    mutex_.unlock();
  }

  // With the mutex held: waits, letting go of it, until holds() is true, and holds it again. The condition is called by
  // whichever thread unlocks the mutex; it may read only what the mutex guards, and atomics. What it changes, of what
  // the mutex guards and of the waiting thread's own, must leave it true.
  template <typename Condition>
  void Await(const Condition& holds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    while (!holds()) {
      Waiter waiter = MakeWaiter(holds);
      Wait(waiter, nullptr);
    }
  }
  // Gives up after the patience; returns whether holds() is true.
  template <typename Condition>
  bool AwaitFor(const Condition& holds, std::chrono::nanoseconds patience) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this) {
    if (holds()) return true;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
      Waiter waiter = MakeWaiter(holds);
      if (!Wait(waiter, &deadline)) return holds();
    }
    return true;
  }

 private:
  struct Waiter {
    bool (*holds)(const void* condition);
    const void* condition;
    bool woken = false;
    std::condition_variable wake = {};
    Waiter* next = nullptr;
  };
  template <typename Condition>
  static Waiter MakeWaiter(const Condition& holds) {
    return {[](const void* condition) { return (*static_cast<const Condition*>(condition))(); }, &holds};
  }

  // False when the deadline passed first.
  bool Wait(Waiter& waiter, const std::chrono::steady_clock::time_point* deadline);
  void WakeThoseWhoseConditionHolds();

  std::mutex mutex_;
  Waiter* waiters_ = nullptr;  // guarded by mutex_
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

}  // namespace quorate::base
