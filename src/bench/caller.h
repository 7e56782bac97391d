#pragma once

// Calls one after the other on a connection of their own, each waited for. Belongs to one thread.

#include <memory>
#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "src/bench/connection.h"
#include "src/bench/endpoint.h"

namespace quorate::bench {

class Caller {
 public:
  static absl::StatusOr<std::unique_ptr<Caller>> To(const Endpoint& endpoint);

  // Sends one message and returns the last one of the answer, or the error the call ended with. Waits kPatienceNs for
  // each sign of life, then gives the connection up. `path` must live as long as the caller.
  absl::StatusOr<std::string> Call(std::string_view path, std::string_view message);
  // The same for an answer of many messages: each goes to the listener.
  absl::Status Stream(std::string_view path, std::string_view message, MessageListener* listener);

 private:
  // Defragmenting a large store by rewriting it takes minutes.
  static constexpr int64_t kPatienceNs = 600'000'000'000;

  Caller(int fd, std::string authority) : connection_(fd, std::move(authority)) { slot_.connection = &connection_; }

  absl::Status Complete(std::string_view path, std::string_view message);

  Connection connection_;
  RequestSlot slot_;
};

}  // namespace quorate::bench
