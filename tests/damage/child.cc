#include "tests/damage/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "quorate/base/check.h"
#include "tests/base/files_testing.h"

namespace quorate::testing {
namespace {

bool WaitFor(pid_t pid, int timeout_ms) {
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  QUORATE_CHECK(descriptor >= 0);
  pollfd waited{descriptor, POLLIN, 0};
  const bool ended = poll(&waited, 1, timeout_ms) == 1;
  close(descriptor);
  return ended;
}

}  // namespace

ChildEnd RunInChild(int timeout_ms, const std::string& output_file, const std::function<std::string()>& body) {
  std::remove(output_file.c_str());
  const pid_t pid = fork();
  QUORATE_CHECK(pid >= 0);
  if (pid == 0) {
    const std::string output = body();
    std::ofstream(output_file, std::ios::binary) << output;
    // No destructors: what is still open ends as by kill -9.
    _exit(0);
  }
  ChildEnd end;
  const bool ended = WaitFor(pid, timeout_ms);
  if (!ended) kill(pid, SIGKILL);
  int status = 0;
  QUORATE_CHECK(waitpid(pid, &status, 0) == pid);
  if (!ended) {
    end.how = "hangs";
  } else if (WIFSIGNALED(status)) {
    end.how = std::string("killed by signal ") + strsignal(WTERMSIG(status));
  } else if (WEXITSTATUS(status) != 0) {
    end.how = "exits with " + std::to_string(WEXITSTATUS(status));
  } else {
    end.returned = true;
    end.output = base::ReadFile(output_file);
  }
  std::remove(output_file.c_str());
  return end;
}

}  // namespace quorate::testing
