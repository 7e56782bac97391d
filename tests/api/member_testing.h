#pragma once

// A served member in a directory of its own, and a gRPC client of it.

#include <etcdserverpb/rpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "tests/api/served_member_testing.h"
#include "tests/base/files_testing.h"

namespace quorate::api {

class TestMember {
 public:
  explicit TestMember(ServicesOptions options = {}, const rpc::ServerOptions& bounds = {});
  ~TestMember();

  etcdserverpb::KV::Stub& kv() { return *kv_; }
  etcdserverpb::Maintenance::Stub& maintenance() { return *maintenance_; }
  // "127.0.0.1:port"
  const std::string& address() const { return member_->address(); }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  // A connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  Services& services() { return member_->services(); }
  replica::Replica& replica() { return member_->replica(); }
  // Puts keys "k000000", "k000001", … with values of the given size, many in a transaction.
  void Fill(size_t keys, size_t value_bytes);

 private:
  base::TemporaryDirectory directory_;
  std::unique_ptr<ServedMember> member_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<etcdserverpb::KV::Stub> kv_;
  std::unique_ptr<etcdserverpb::Maintenance::Stub> maintenance_;
};

}  // namespace quorate::api
