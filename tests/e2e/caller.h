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
// sent and one answer is awaited. After a restart of the server use a new one: calls on a broken connection fail.
class Caller {
 public:
  // What a call does while nobody listens at the address.
  enum class Absence { kWait, kFail };
  explicit Caller(const std::string& address, Absence absence = Absence::kWait);
  // The method as "Lease.LeaseGrant".
  Outcome Call(const std::string& method, const google::protobuf::Message& request) const;

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const Absence absence_;
};

}  // namespace quorate::testing
