#pragma once

// A member in a child process, as its main runs it: started with a configuration, watched through its log, stopped with
// signals.

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "quorate/config/config.h"
#include "tests/base/files_testing.h"

namespace quorate::server {

// Listens on ports of the system's choice.
config::Config TestConfig(const base::TemporaryDirectory& directory);

class MemberProcess {
 public:
  // Forks; the calling process must have one thread.
  explicit MemberProcess(const config::Config& config);
  ~MemberProcess();  // kills what still runs

  // Reads the log until a line contains the text; returns the line, or "" when the process ended before. A failure when
  // neither comes for long.
  std::string WaitForLine(const std::string& text);
  // The value of a string field in a log line.
  static std::string Field(const std::string& line, const std::string& name);
  void Signal(int signal);
  // The exit code, or minus the signal that killed it.
  int Wait();
  // All that was logged so far.
  const std::string& log() const { return log_; }
  // What went to standard output; after Wait.
  std::string standard_output();

 private:
  pid_t process_ = -1;
  int log_descriptor_ = -1;
  int output_descriptor_ = -1;
  std::string log_;
  size_t line_start_ = 0;
};

// One HTTP/1.1 request to "127.0.0.1:port" or "unix:path"; returns head and body.
std::string HttpGet(const std::string& address, const std::string& path);

}  // namespace quorate::server
