#pragma once

// Programs that a command runs for its user.

#include <sys/types.h>

#include <string>
#include <vector>

#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "src/ctl/signals.h"

namespace quorate::ctl {

// A program found on the PATH, with nothing to read, writing where this process writes.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // `environment` holds entries of the form NAME=value. Called once. Cancelled when a signal came before.
  absl::Status Start(const std::vector<std::string>& words, const std::vector<std::string>& environment);
  // Waits for its end. A failure says how it ended ("exit status 3", "signal: killed") and carries its exit code, -1
  // for one that a signal ended.
  absl::Status Wait();
  // A signal that this process got: the program gets it, too, unless the terminal has sent it there already, and one
  // that has not been started never is. Any thread.
  void Deliver(const Signal& signal);

 private:
  base::Mutex mutex_;
  // 0 while it does not run. Guarded, so that no signal goes to another process that got the id since.
  pid_t id_ ABSL_GUARDED_BY(mutex_) = 0;
  bool was_started_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_called_off_ ABSL_GUARDED_BY(mutex_) = false;
};

// Starts a program and waits for its end.
absl::Status RunProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment);

}  // namespace quorate::ctl
