#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/base/files_testing.h"
#include "tests/e2e/server_process.h"
#include "tests/soak/availability.h"
#include "tests/soak/findings.h"

namespace quorate::soak {

// The server, one process after another on the same data. The main thread's.
class ServerLives {
 public:
  ServerLives(Findings* findings, uint64_t seed, std::vector<std::string> flags);

  const std::string& address() const { return server_->address(); }
  const std::string& directory() const { return directory_.path(); }
  std::string data_directory() const { return server_->data_directory(); }
  bool running() const { return server_->running(); }
  pid_t pid() const { return server_->pid(); }
  int number() const { return number_; }
  std::chrono::milliseconds age() const;

  // False, and a finding, when the server does not start.
  bool Start();
  // kill -9, and sometimes starts that are killed, too.
  void Kill();
  // SIGTERM; another exit code than 0 is a finding.
  void Terminate();
  // False, and a finding, when it has ended by itself.
  bool Lives();

  int kills() const { return kills_; }
  int terminations() const { return terminations_; }
  std::chrono::milliseconds longest_start() const { return longest_start_; }
  // Warnings in the log, by text.
  const std::map<std::string, int>& warnings() const { return warnings_; }

 private:
  // Looks for what should not be there, and empties the log.
  void ReadLog();

  Findings* const findings_;
  std::mt19937_64 random_;
  const base::TemporaryDirectory directory_;
  std::unique_ptr<testing::ServerProcess> server_;
  int number_ = 0;
  int kills_ = 0;
  int terminations_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds longest_start_{0};
  std::map<std::string, int> warnings_;
};

}  // namespace quorate::soak
