#include "tests/e2e/server_process.h"

#include <signal.h>

#include <thread>

#include "quorate/base/check.h"
#include "tests/base/files_testing.h"
#include "tests/e2e/free_ports.h"
#include "tests/e2e/program.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kPollEvery(5);
constexpr std::chrono::milliseconds kKillTimeout(10'000);
constexpr uint64_t kCutStartsMax = 2;
constexpr size_t kLogTailBytes = 1500;
constexpr char kServing[] = "ready to serve client requests";

}  // namespace

ServerProcess::ServerProcess(ServerOptions options) : options_(std::move(options)) {
  const std::vector<int> ports = FreePorts(2);
  address_ = "127.0.0.1:" + std::to_string(ports[0]);
  peer_url_ = "http://127.0.0.1:" + std::to_string(ports[1]);
}

ServerProcess::~ServerProcess() { Kill(); }

std::vector<std::string> ServerProcess::Flags() const {
  std::vector<std::string> flags = {options_.binary,
                                    "--name=" + options_.name,
                                    "--data-dir=" + data_directory(),
                                    "--listen-client-urls=" + client_url(),
                                    "--advertise-client-urls=" + client_url(),
                                    "--listen-peer-urls=" + peer_url_,
                                    "--initial-advertise-peer-urls=" + peer_url_,
                                    "--initial-cluster=" + options_.name + "=" + peer_url_};
  flags.insert(flags.end(), options_.flags.begin(), options_.flags.end());
  return flags;
}

void ServerProcess::Launch() {
  QUORATE_CHECK(!running()) << "the server runs already";
  const std::string log = options_.directory + "/log";
  log_start_ = base::ReadFile(log).size();
  pid_ = Spawn({.arguments = Flags(), .environment = options_.environment, .working_directory = options_.directory}, "",
               log, log);
}

absl::Status ServerProcess::Start(std::chrono::milliseconds timeout) {
  Launch();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const std::string log = Log();
    if (log.find(kServing) != std::string::npos) return absl::OkStatus();
    if (const auto code = WaitForExit(kPollEvery)) {
      return base::MakeStatus(absl::StatusCode::kAborted,
                              options_.binary + " ended with " + std::to_string(*code) + ": " + LogTail());
    }
  }
  Kill();
  return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, options_.binary + " does not serve: " + LogTail());
}

void ServerProcess::Kill() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  QUORATE_CHECK(WaitForExit(kKillTimeout).has_value()) << "process " << pid_ << " survives SIGKILL";
}

void ServerProcess::KillWithCutStarts(std::mt19937_64& random, std::chrono::milliseconds cut_after_max,
                                      const std::function<void()>& on_end) {
  Kill();
  on_end();
  const auto longest_us = static_cast<uint64_t>(std::chrono::microseconds(cut_after_max).count());
  for (uint64_t cut = random() % (kCutStartsMax + 1); cut > 0; --cut) {
    Launch();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (longest_us + 1)));
    Kill();
    on_end();
  }
}

std::optional<int> ServerProcess::Terminate(std::chrono::milliseconds timeout) {
  Signal(SIGTERM);
  const std::optional<int> code = WaitForExit(timeout);
  if (!code) Kill();
  return code;
}

void ServerProcess::Signal(int signal) {
  QUORATE_CHECK(running()) << "the server does not run";
  kill(pid_, signal);
}

std::optional<int> ServerProcess::WaitForExit(std::chrono::milliseconds timeout) {
  QUORATE_CHECK(running()) << "the server does not run";
  const std::optional<int> code = testing::WaitForExit(pid_, timeout);
  if (code) pid_ = -1;
  return code;
}

std::string ServerProcess::Log() const {
  const std::string log = base::ReadFile(options_.directory + "/log");
  return log.substr(std::min(log_start_, log.size()));
}

std::string ServerProcess::LogTail() const {
  const std::string log = Log();
  return log.substr(log.size() - std::min(log.size(), kLogTailBytes));
}

}  // namespace quorate::testing
