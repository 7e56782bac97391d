#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <string>

namespace grpc {
class Channel;
}

namespace quorate::testing {

// What a server answered to a call.
struct Outcome {
  int code = 0;
  std::string message;
  // Never null; empty after an error.
  std::unique_ptr<google::protobuf::Message> response;
};

// Calls any method of the etcd API that takes one request and gives one answer; of a streaming method one request is
// sent and one answer is awaited. A server that is not there is an error at once: after a restart use a new one.
class Caller {
 public:
  explicit Caller(const std::string& address);
  // The method as "Lease.LeaseGrant".
  Outcome Call(const std::string& method, const google::protobuf::Message& request) const;

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace quorate::testing
