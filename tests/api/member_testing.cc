#include "tests/api/member_testing.h"

#include <gtest/gtest.h>

#include <climits>

#include "quorate/base/logging.h"

namespace quorate::api {

TestMember::TestMember(ServicesOptions options, const rpc::ServerOptions& bounds) {
  base::LoggingOptions logging;
  logging.level = base::LogLevel::kError;
  EXPECT_TRUE(base::SetUpLogging(logging).ok());
  member_ = std::make_unique<ServedMember>(directory_.path(), std::move(options), /*loops=*/2, bounds);
  channel_ = NewChannel();
  kv_ = etcdserverpb::KV::NewStub(channel_);
  maintenance_ = etcdserverpb::Maintenance::NewStub(channel_);
}

std::shared_ptr<grpc::Channel> TestMember::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(INT_MAX);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Else windows grow, and who does not read takes much all the same.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
}

TestMember::~TestMember() {
  kv_.reset();
  maintenance_.reset();
  channel_.reset();
  member_.reset();
}

void TestMember::Fill(size_t keys, size_t value_bytes) {
  constexpr size_t kPutsInTxn = 100;
  for (size_t key = 0; key < keys;) {
    etcdserverpb::TxnRequest request;
    for (size_t put = 0; put < kPutsInTxn && key < keys; ++put, ++key) {
      char name[32];
      std::snprintf(name, sizeof name, "k%06zu", key);
      etcdserverpb::PutRequest* added = request.add_success()->mutable_request_put();
      added->set_key(name);
      added->set_value(std::string(value_bytes, 'v'));
    }
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    const grpc::Status status = kv().Txn(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
}

}  // namespace quorate::api
