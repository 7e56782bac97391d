#pragma once

// A gRPC server that does nothing: every call is answered with an empty message as soon as its request is whole. What
// it takes is the floor under every server here. One thread, loopback, unary calls only.

#include <string>
#include <thread>

#include "quorate/base/status.h"

namespace quorate::bench {

class NothingServer {
 public:
  NothingServer() = default;
  // Ends the thread and closes every connection.
  ~NothingServer();
  NothingServer(const NothingServer&) = delete;
  NothingServer& operator=(const NothingServer&) = delete;

  // Listens on a free port of 127.0.0.1. Once.
  absl::Status Start();
  const std::string& url() const { return url_; }

 private:
  void Serve();

  std::string url_;
  int listener_ = -1;
  int epoll_ = -1;
  // Written to end the thread.
  int stop_ = -1;
  std::thread thread_;
};

}  // namespace quorate::bench
