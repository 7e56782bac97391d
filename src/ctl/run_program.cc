#include "src/ctl/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

// The form exec wants; valid as long as `words`.
std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// etcdctl writes reasons in lower case.
std::string Lower(std::string reason) {
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z') reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return reason;
}

absl::Status Ended(int exit_code, const std::string& how) { return Fail(static_cast<Exit>(exit_code), how); }

}  // namespace

absl::Status Program::Start(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  base::MutexLock lock(&mutex_);
  if (is_called_off_) return base::MakeStatus(absl::StatusCode::kCancelled, "context canceled");
  was_started_ = true;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  int error =
      posix_spawnp(&id_, words[0].c_str(), &files, nullptr, Pointers(words).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (error == 0) return absl::OkStatus();
  id_ = 0;
  bool searched = words[0].find('/') == std::string::npos;
  if (error == ENOENT && searched) {
    return Fail(Exit::kError, "exec: " + Quote(words[0]) + ": executable file not found in $PATH");
  }
  return Fail(Exit::kError, "fork/exec " + words[0] + ": " + Lower(std::strerror(error)));
}

absl::Status Program::Wait() {
  mutex_.Lock();
  const pid_t id = id_;
  mutex_.Unlock();
  siginfo_t end = {};
  // The end is seen first and taken note of later, so that the id is this program's until then.
  while (waitid(P_PID, static_cast<id_t>(id), &end, WEXITED | WNOWAIT) < 0) {
    if (errno != EINTR) return Fail(Exit::kError, Lower(std::strerror(errno)));
  }
  base::MutexLock lock(&mutex_);
  int status = 0;
  waitpid(id, &status, 0);
  id_ = 0;
  if (WIFSIGNALED(status)) return Ended(-1, "signal: " + Lower(strsignal(WTERMSIG(status))));
  if (WEXITSTATUS(status) != 0) {
    return Ended(WEXITSTATUS(status), "exit status " + std::to_string(WEXITSTATUS(status)));
  }
  return absl::OkStatus();
}

void Program::Deliver(const Signal& signal) {
  base::MutexLock lock(&mutex_);
  if (!was_started_) is_called_off_ = true;
  if (id_ != 0 && signal.from_process) kill(id_, signal.number);
}

absl::Status RunProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment) {
  Program program;
  QUORATE_RETURN_IF_ERROR(program.Start(words, environment));
  return program.Wait();
}

}  // namespace quorate::ctl
