#pragma once

// One gRPC stream of watches.

#include <functional>
#include <memory>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace quorate::ctl {

class Cancellation;

// One thread sends while another receives.
class WatchCall {
 public:
  using ErrorOf = std::function<absl::Status(const grpc::Status&)>;

  // Waits until the call is connected or cancelled.
  static std::unique_ptr<WatchCall> Start(std::shared_ptr<grpc::Channel> channel,
                                          std::unique_ptr<grpc::ClientContext> context, Cancellation* cancellation,
                                          ErrorOf error_of);
  // Cancels the call if it has not come to its end.
  virtual ~WatchCall() = default;

  // False once the call is over.
  virtual bool Send(const etcdserverpb::WatchRequest& request) = 0;
  virtual bool Receive(etcdserverpb::WatchResponse& response) = 0;
  // How the call ended; only after Receive has returned false, and once.
  virtual absl::Status Finish() = 0;
};

}  // namespace quorate::ctl
