#include "tests/api/member_testing.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstdio>
#include <cstdlib>

#include "absl/synchronization/notification.h"
#include "quorate/base/logging.h"

namespace quorate::api {

TestMember::TestMember(ServicesOptions options) {
  base::LoggingOptions logging;
  logging.level = base::LogLevel::kError;
  EXPECT_TRUE(base::SetUpLogging(logging).ok());
  std::string name = (std::filesystem::temp_directory_path() / "quorate-api-XXXXXX").string();
  directory_ = mkdtemp(name.data());
  services_ = std::make_unique<Services>(std::move(options));
  rpc::Registry registry;
  services_->Register(registry);
  rpc::ServerOptions server_options;
  server_options.loops = 2;
  server_options.on_tick_end = [this](int loop_index) { services_->OnTickEnd(loop_index); };
  server_ = std::make_unique<rpc::Server>(std::move(server_options), std::move(registry));
  address_ = server_->Listen("http://127.0.0.1:0").value();
  replica::ReplicaOptions replica_options;
  replica_options.data_dir = directory_;
  replica_options.name = "m1";
  replica_options.cluster_token = "token";
  replica_options.initial_cluster = {{"m1", "http://127.0.0.1:2380"}};
  replica_options.sync = false;
  replica_options.store.on_commit = [this](const std::vector<mvcc::Event>& events) { services_->OnCommit(events); };
  replica_ = replica::Replica::Open(std::move(replica_options)).value();
  services_->Attach(replica_.get(), server_.get());
  absl::Notification ready;
  replica_->Start([&] { ready.Notify(); }, [](const absl::Status& status) { ADD_FAILURE() << status; });
  ready.WaitForNotification();
  server_->Start();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(INT_MAX);
  channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  kv_ = etcdserverpb::KV::NewStub(channel_);
  maintenance_ = etcdserverpb::Maintenance::NewStub(channel_);
}

TestMember::~TestMember() {
  kv_.reset();
  maintenance_.reset();
  channel_.reset();
  services_->Stop();
  replica_->Stop();
  server_->Stop();
  services_.reset();
  replica_.reset();
  server_.reset();
  std::filesystem::remove_all(directory_);
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
