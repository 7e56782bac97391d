#pragma once

// One way to end what waits: calls on the network, pauses, other threads' loops.

#include <functional>
#include <list>

#include "quorate/base/mutex.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

// Any thread may call any method. Once cancelled it stays so.
class Cancellation {
 public:
  Cancellation() = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  void Cancel();
  bool cancelled() const;
  void Wait() const;
  // Pauses; true if that was cut short.
  bool WaitFor(Duration duration) const;

  // Calls `action` when the cancellation comes, from the thread that cancels, or at once if it has come. Once the hook
  // is gone the action is not called and not running any more. The action must not use the cancellation.
  class Hook {
   public:
    // `cancellation` may be null: then the action is never called. Otherwise it outlives the hook.
    Hook(Cancellation* cancellation, std::function<void()> action);
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    Cancellation* const cancellation_;
    std::list<std::function<void()>>::iterator place_;
  };

 private:
  mutable base::Mutex mutex_;  // held while actions run
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<std::function<void()>> actions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::ctl
