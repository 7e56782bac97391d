#pragma once

// The RPC engine: accepts connections, spreads them over event loops, speaks HTTP/2 (nghttp2) and HTTP/1.1 (Beast), and
// calls the registered handlers.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "quorate/base/status.h"
#include "quorate/rpc/call.h"
#include "quorate/rpc/method_statistics.h"
#include "quorate/rpc/registry.h"

namespace quorate::rpc {

// A unary call that took long, at its end. Valid during the call it is given in.
struct SlowCall {
  std::string_view method;  // "/etcdserverpb.KV/Put"
  const Peer* peer = nullptr;
  std::chrono::nanoseconds took{0};
  size_t request_bytes = 0;
  absl::Status status;
};

struct ServerOptions {
  int loops = 0;  // event loops, each a thread; 0: one per core
  // Larger requests are answered RESOURCE_EXHAUSTED as grpc-go does: "grpc: received message larger than max (N vs.
  // M)".
  size_t receive_message_bytes_max = 2 * 1024 * 1024;
  uint32_t concurrent_streams_max = UINT32_MAX;
  // A client that pings more often than this, without streams allowed or not as grpc-go's enforcement does, gets GOAWAY
  // ENHANCE_YOUR_CALM "too_many_pings".
  std::chrono::milliseconds keepalive_time_min{5000};
  // After this long without anything received the server pings; without an answer within the timeout it closes.
  std::chrono::milliseconds keepalive_interval{2 * 3600 * 1000};
  std::chrono::milliseconds keepalive_timeout{20000};
  // What hostile clients can make the server hold, over all connections and on each. A call beyond them is answered
  // "too many requests", unless it is of a connection that holds little: the bounds are far above what lists of whole
  // clusters or a million watches need.
  int64_t open_calls_max = 1'000'000;
  // Of metadata, messages whose end has not come yet, and what handlers keep for streams: watchers above all.
  int64_t received_bytes_max = int64_t{512} << 20;
  int64_t connection_received_bytes_max = int64_t{128} << 20;
  int64_t queued_bytes_max = int64_t{1} << 30;  // of answers that clients do not take
  int64_t connection_queued_bytes_max = int64_t{256} << 20;
  // How often each connection looks for calls that stand still because of the client: a request, or a message of a
  // stream, that has not come whole after two such rounds, and an answer of which the client takes less than a
  // hundredth in ten, end with ENHANCE_YOUR_CALM.
  std::chrono::milliseconds stall_check_interval{30'000};
  // Beyond it connections wait in the sockets' backlogs. 0: three quarters of the descriptors the process may have.
  int connections_max = 0;
  bool socket_reuse_port = false;
  // Called on a loop thread once all that had arrived on its ready connections has been handed to handlers: the moment
  // to pass on, as one batch, what they gathered.
  std::function<void(int loop_index)> on_tick_end = nullptr;
  // Told, on the call's loop thread, of each unary call that took longer than this, however it ended.
  std::chrono::nanoseconds slow_call_min = std::chrono::nanoseconds::max();
  std::function<void(const SlowCall& call)> on_slow_call = nullptr;
};

class Server {
 public:
  Server(ServerOptions options, Registry registry);
  ~Server();  // Stop()s
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and listens on "http://host:port", "http://[::1]:0" or "unix://path" ("unix:path" and "unix:host:port", as
  // etcd names sockets, too). Several calls, before Start. Returns the address as a client would dial it, with the real
  // port: "127.0.0.1:2379", "[::1]:2379" or "unix:path". Nothing is accepted before Start. "localhost" means 127.0.0.1
  // and ::1 where both exist.
  absl::StatusOr<std::string> Listen(std::string_view url);
  // Starts the loops.
  void Start();
  // Stops accepting, sends GOAWAY, lets calls in flight finish until the deadline. Blocks.
  void Drain(std::chrono::milliseconds timeout);
  // Closes everything and joins the loops. Calls that handlers still hold may be answered or dropped after it, but not
  // after the server's destruction.
  void Stop();

  int loop_count() const;
  // Runs a function on a loop's thread. Any thread.
  void Post(int loop_index, std::function<void()> function);
  // The same once the delay is over, to the millisecond; dropped when the loop ends before.
  void PostAfter(int loop_index, std::chrono::milliseconds delay, std::function<void()> function);
  // In on_tick_end, and as the last that the loop is to do there: runs work that may keep the loop's thread for a
  // while. What the loop has to do meanwhile is done by another thread when it takes longer than some milliseconds;
  // that one cannot be lent itself. Answers that the work gives to calls of this loop leave at once.
  bool CanLend(int loop_index) const;
  void Lend(int loop_index, absl::FunctionRef<void()> work);
  // For metrics; stable after Start.
  const std::vector<std::unique_ptr<MethodStatistics>>& method_statistics() const;
  uint64_t received_bytes() const;  // of gRPC messages, framing excluded
  uint64_t sent_bytes() const;
  uint64_t open_connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace quorate::rpc
