#include "tests/e2e/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>

#include "quorate/base/check.h"
#include "tests/base/files_testing.h"

extern char** environ;

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kPollEvery(2);
constexpr int kExecFailed = 127;

std::vector<std::string> EnvironmentOf(const Command& command) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("ETCD") && !text.starts_with("QUORATE_")) environment.emplace_back(text);
  }
  environment.insert(environment.end(), command.environment.begin(), command.environment.end());
  return environment;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: system calls only.
void Redirect(const char* path, int flags, int fd) {
  const int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, fd) < 0) _exit(kExecFailed);
}

}  // namespace

pid_t Spawn(const Command& command, const std::string& input_file, const std::string& output_file,
            const std::string& error_file) {
  const std::vector<std::string> environment = EnvironmentOf(command);
  const std::vector<char*> arguments = Pointers(command.arguments);
  const std::vector<char*> variables = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  QUORATE_CHECK(pid >= 0) << std::strerror(errno);
  if (pid > 0) return pid;

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExecFailed);
  Redirect(input_file.empty() ? "/dev/null" : input_file.c_str(), O_RDONLY, STDIN_FILENO);
  Redirect(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, STDOUT_FILENO);
  Redirect(error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, STDERR_FILENO);
  if (!command.working_directory.empty() && chdir(command.working_directory.c_str()) != 0) _exit(kExecFailed);
  execve(arguments[0], arguments.data(), variables.data());
  _exit(kExecFailed);
}

std::optional<int> WaitForExit(pid_t pid, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    QUORATE_CHECK(ended >= 0) << std::strerror(errno);
    if (ended == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(kPollEvery);
  }
}

ProgramResult RunProgram(const Command& command, const std::string& input, std::chrono::milliseconds timeout) {
  const base::TemporaryDirectory directory;
  const std::string in = directory.path() + "/in";
  const std::string out = directory.path() + "/out";
  const std::string err = directory.path() + "/err";
  base::WriteFile(in, input);
  const pid_t pid = Spawn(command, in, out, err);
  ProgramResult result;
  result.exit_code = WaitForExit(pid, timeout);
  if (!result.exit_code) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  result.output = base::ReadFile(out);
  result.errors = base::ReadFile(err);
  return result;
}

}  // namespace quorate::testing
