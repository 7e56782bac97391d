#pragma once

// How often a client may ping, as grpc-go's servers enforce it: a client that pings too often gets two warnings that it
// does not see, then GOAWAY. Keepalive pings without open calls count as too often within two hours.

#include <chrono>
#include <cstdint>

namespace quorate::rpc {

class PingPolicy {
 public:
  explicit PingPolicy(std::chrono::milliseconds time_min) : time_min_ms_(time_min.count()) {}

  // The server sent headers or data: the next ping is free, since a client may measure its connection then.
  void OnAnswerSent() { forgiven_ = true; }
  // False when the client has pinged too often.
  bool OnPing(int64_t now_ms, bool has_streams);

 private:
  static constexpr int kStrikesMax = 2;
  static constexpr int64_t kIdleMs = 2 * 3600 * 1000;

  const int64_t time_min_ms_;
  int64_t last_ms_ = INT64_MIN / 2;
  int strikes_ = 0;
  bool forgiven_ = false;
};

}  // namespace quorate::rpc
