#pragma once

// What the main thread waits for: signals of the operating system and words from the member's own threads.

#include <functional>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::server {

class Events {
 public:
  // Blocks SIGTERM and SIGINT, so that only Wait sees them, and ignores SIGPIPE. Before any other thread is started.
  Events();
  ~Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  // Any thread.
  void TellReady();
  void TellFatal(const absl::Status& reason);

  struct Event {
    enum class Kind { kReady, kFatal, kSignal } kind = Kind::kSignal;
    absl::Status reason;  // of kFatal
    int signal = 0;       // of kSignal
  };
  // The next event. Main thread.
  Event Wait();
  // Does the work; should a signal come meanwhile, calls `on_signal` from a thread of its own. Main thread, which
  // otherwise would see it only after the work.
  void ListenDuring(const std::function<void()>& work, const std::function<void(int signal)>& on_signal);
  // Whether something fatal was told that Wait has not returned, and what. Main thread; does not wait.
  std::optional<absl::Status> TakeFatal();
  // From now on the next SIGTERM or SIGINT ends the process at once. Main thread.
  void LetSignalsKill();

 private:
  std::optional<Event> TakeTold();

  int signals_ = -1;
  int wake_ = -1;
  base::Mutex mutex_;  // guards what threads have told
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> fatal_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
