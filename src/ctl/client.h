#pragma once

// Calls to the members of a cluster over gRPC, with failover between the endpoints and etcdctl's rules for repeating a
// call that failed.

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "quorate/base/status.h"
#include "src/ctl/names.h"

namespace google::protobuf {
class Message;
}

namespace quorate::ctl {

class Cancellation;
class WatchCall;

struct ClientConfig {
  std::vector<std::string> endpoints;
  Duration dial_timeout{};
  Duration keepalive_time{};
  Duration keepalive_timeout{};
  int64_t max_request_bytes = 0;  // 0: the default below
  int64_t max_recv_bytes = 0;     // 0: no limit
  bool use_tls = false;           // where the first endpoint leaves it open
  bool skip_verify = false;
  // PEM, empty where there is none.
  std::string certificate;
  std::string key;
  std::string authorities;
  // Either a user with a password, or a token.
  std::string user;
  std::string password;
  std::string token;
  // Warnings about failed attempts go here; outlives the client.
  std::ostream* log = nullptr;
  // Connections of its own, where clients with the same endpoints and flags share theirs otherwise.
  bool own_connections = false;
};

struct Call {
  const char* method;  // "/etcdserverpb.KV/Range"
  // A read may be sent again when a member was out of reach.
  bool repeatable = false;
  // Zero waits without end.
  Duration timeout{};
  // Leaves the request side of a stream open: some servers end the answer with it.
  bool keeps_request_open = false;
  // Has a member without a leader end the call.
  bool requires_leader = false;
  // Ends the call early; outlives it.
  Cancellation* cancellation = nullptr;
};

// Used by any number of threads. Errors carry the text etcdctl prints: the server's own for known ones, "context
// canceled" after a cancellation, "context deadline exceeded" when the time is up, else "rpc error: code = … desc = …".
class Client {
 public:
  static constexpr int64_t kDefaultMaxRequestBytes = 2 * 1024 * 1024;

  // Checks the configuration and logs in if there is a user; does not wait for a connection otherwise.
  static absl::StatusOr<std::unique_ptr<Client>> Open(ClientConfig config);
  ~Client();

  absl::Status Unary(const Call& call, const google::protobuf::Message& request, google::protobuf::Message& response);

  // Sends one request and hands every message of the answer to `on_message`, which stops the call by failing.
  // `message` is the place each one is parsed into.
  absl::Status ServerStream(const Call& call, const google::protobuf::Message& request,
                            google::protobuf::Message& message, const std::function<absl::Status()>& on_message);

  // Opens a stream of watches and waits until it is connected. The client and `cancellation`, which may be null,
  // outlive it.
  std::unique_ptr<WatchCall> StartWatch(bool requires_leader, Cancellation* cancellation);

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::ctl
