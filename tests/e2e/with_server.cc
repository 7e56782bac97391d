// Runs a program against a fresh server and ends both.
//
//   with_server [--timeout=<seconds>] <program> [argument…]
//
// The program is ended when it takes longer than the timeout, two minutes unless another is given. In the arguments
// {url} is the server's client URL and {address} its host and port. The exit code is the program's; 77, which ctest
// takes as skipped, when there is no such program.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/program.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

constexpr int kSkipped = 77;
constexpr std::chrono::seconds kTimeout(120);
constexpr std::string_view kTimeoutFlag = "--timeout=";

std::string Replace(std::string text, const std::string& name, const std::string& value) {
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
  return text;
}

int Main(const std::vector<std::string>& arguments, std::chrono::seconds timeout) {
  if (access(arguments[0].c_str(), X_OK) != 0) {
    std::printf("SKIPPED: %s is not there; %s\n", arguments[0].c_str(), OldReferenceReason().c_str());
    return kSkipped;
  }
  const base::TemporaryDirectory directory;
  ServerProcess server({.binary = SubjectServer(), .directory = directory.path()});
  if (const absl::Status started = server.Start(); !started.ok()) {
    std::fprintf(stderr, "%s\n", std::string(base::MessageOf(started)).c_str());
    return 1;
  }
  Command command;
  for (const std::string& argument : arguments) {
    command.arguments.push_back(
        Replace(Replace(argument, "{url}", server.client_url()), "{address}", server.address()));
  }
  const ProgramResult result = RunProgram(command, "", timeout);
  std::fputs(result.output.c_str(), stdout);
  std::fputs(result.errors.c_str(), stderr);
  if (!result.exit_code) std::fprintf(stderr, "the program runs too long\n");
  if (!server.running() || server.WaitForExit(std::chrono::milliseconds(0))) {
    std::fprintf(stderr, "the server is gone: %s\n", server.LogTail().c_str());
    return 1;
  }
  return result.exit_code.value_or(1);
}

}  // namespace
}  // namespace quorate::testing

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::chrono::seconds timeout = quorate::testing::kTimeout;
  if (!arguments.empty() && arguments[0].starts_with(quorate::testing::kTimeoutFlag)) {
    timeout = std::chrono::seconds(std::atoi(arguments[0].c_str() + quorate::testing::kTimeoutFlag.size()));
    arguments.erase(arguments.begin());
  }
  if (arguments.empty() || timeout <= std::chrono::seconds(0)) {
    std::fprintf(stderr, "usage: with_server [--timeout=<seconds>] <program> [argument…]\n");
    return 2;
  }
  return quorate::testing::Main(arguments, timeout);
}
