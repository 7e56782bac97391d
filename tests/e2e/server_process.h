#pragma once

// One server, Quorate or etcd, as a child process on free loopback ports: start, wait until it serves, kill, terminate,
// start again on the same data. Not thread-safe, but Kill() may be called while other threads talk to the server.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::testing {

struct ServerOptions {
  std::string binary;
  // Lives longer than the process; holds the data directory "data" and the log "log".
  std::string directory;
  std::string name = "m";
  // After the flags that every server gets, so they win.
  std::vector<std::string> flags = {};
  std::vector<std::string> environment = {};
};

class ServerProcess {
 public:
  explicit ServerProcess(ServerOptions options);
  // Kills the server if it still runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts the process and waits until its log says that it serves clients. The error holds the end of the log.
  absl::Status Start(std::chrono::milliseconds timeout = std::chrono::seconds(30));
  // Starts the process and does not wait.
  void Launch();

  // kill -9, and waits for the end.
  void Kill();
  // The same unless it is dead, then up to two starts that are cut short in their first `cut_after_max`: that must not
  // make anything worse. `on_end` is called after each end.
  void KillWithCutStarts(
      std::mt19937_64& random, std::chrono::milliseconds cut_after_max, const std::function<void()>& on_end = [] {});
  // SIGTERM, and the exit code; nothing, and the server is killed, when it takes longer.
  std::optional<int> Terminate(std::chrono::milliseconds timeout = std::chrono::seconds(15));
  void Signal(int signal);
  // The exit code of a server that ends by itself; nothing when it still runs.
  std::optional<int> WaitForExit(std::chrono::milliseconds timeout);

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }
  std::string client_url() const { return "http://" + address_; }
  std::string peer_url() const { return peer_url_; }
  std::string data_directory() const { return options_.directory + "/data"; }
  // Of the last start: the whole log, and the end of it for messages.
  std::string Log() const;
  std::string LogTail() const;

 private:
  std::vector<std::string> Flags() const;

  const ServerOptions options_;
  std::string address_;
  std::string peer_url_;
  pid_t pid_ = -1;
  size_t log_start_ = 0;
};

}  // namespace quorate::testing
