#pragma once

// Programs that a command runs for its user.

#include <sys/types.h>

#include <string>
#include <vector>

#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

// A program found on the PATH, with nothing to read, writing where this process writes.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // `environment` holds entries of the form NAME=value. Called once.
  absl::Status Start(const std::vector<std::string>& words, const std::vector<std::string>& environment);
  // Waits for its end. A failure says how it ended ("exit status 3", "signal: killed") and carries its exit code, -1
  // for one that a signal ended.
  absl::Status Wait();
  // Sends it a signal if it runs. Any thread.
  void Kill(int signal);

 private:
  base::Mutex mutex_;
  // 0 while it does not run. Guarded, so that no signal goes to another process that got the id since.
  pid_t id_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Starts a program and waits for its end.
absl::Status RunProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment);

}  // namespace quorate::ctl
