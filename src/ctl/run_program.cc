#include "src/ctl/run_program.h"

#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "src/ctl/values.h"

namespace quorate::ctl {
namespace {

// The form exec wants; valid as long as `words`.
std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status Ended(const std::string& how) { return base::MakeStatus(absl::StatusCode::kUnknown, how); }

}  // namespace

absl::Status RunProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  pid_t child = 0;
  int error =
      posix_spawnp(&child, words[0].c_str(), nullptr, nullptr, Pointers(words).data(), Pointers(environment).data());
  if (error != 0) {
    bool searched = words[0].find('/') == std::string::npos;
    if (error == ENOENT && searched) return Ended("exec: " + Quote(words[0]) + ": executable file not found in $PATH");
    return Ended("fork/exec " + words[0] + ": " + std::strerror(error));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Ended(std::strerror(errno));
  }
  if (WIFSIGNALED(status)) return Ended(std::string("signal: ") + strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return Ended("exit status " + std::to_string(WEXITSTATUS(status)));
  return absl::OkStatus();
}

}  // namespace quorate::ctl
