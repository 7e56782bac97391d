#include "tests/ctl/fake_server_testing.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

namespace quorate::ctl {
namespace {

constexpr int64_t kLease = 0x77;

template <typename Handler, typename Request, typename Response>
grpc::Status Answer(const Handler& handler, const Request* request, Response* response) {
  if (!handler) return {grpc::StatusCode::UNIMPLEMENTED, "not answered by the test"};
  return handler(*request, *response);
}

void SendEvent(FakeServer::WatchStream& stream, int64_t id, mvccpb::Event::EventType type, const std::string& key,
               int64_t revision) {
  etcdserverpb::WatchResponse response;
  response.set_watch_id(id);
  response.mutable_header()->set_revision(revision);
  mvccpb::Event& event = *response.add_events();
  event.set_type(type);
  event.mutable_kv()->set_key(key);
  event.mutable_kv()->set_mod_revision(revision);
  stream.Write(response);
}

}  // namespace

class FakeServer::Services : public etcdserverpb::KV::Service,
                             public etcdserverpb::Lease::Service,
                             public etcdserverpb::Watch::Service,
                             public etcdserverpb::Maintenance::Service {
 public:
  explicit Services(FakeServer& fake) : fake_(fake) {}

  using Context = grpc::ServerContext*;
  grpc::Status Range(Context, const etcdserverpb::RangeRequest* request,
                     etcdserverpb::RangeResponse* response) override {
    return Answer(fake_.on_range, request, response);
  }
  grpc::Status Put(Context, const etcdserverpb::PutRequest* request, etcdserverpb::PutResponse* response) override {
    return Answer(fake_.on_put, request, response);
  }
  grpc::Status DeleteRange(Context, const etcdserverpb::DeleteRangeRequest* request,
                           etcdserverpb::DeleteRangeResponse* response) override {
    return Answer(fake_.on_delete, request, response);
  }
  grpc::Status Txn(Context, const etcdserverpb::TxnRequest* request, etcdserverpb::TxnResponse* response) override {
    return Answer(fake_.on_txn, request, response);
  }
  grpc::Status LeaseGrant(Context, const etcdserverpb::LeaseGrantRequest* request,
                          etcdserverpb::LeaseGrantResponse* response) override {
    response->set_id(kLease);
    response->set_ttl(request->ttl());
    return grpc::Status::OK;
  }
  grpc::Status LeaseRevoke(Context, const etcdserverpb::LeaseRevokeRequest* request,
                           etcdserverpb::LeaseRevokeResponse* response) override {
    return fake_.on_revoke ? fake_.on_revoke(*request, *response) : grpc::Status::OK;
  }
  grpc::Status LeaseKeepAlive(Context, grpc::ServerReaderWriter<etcdserverpb::LeaseKeepAliveResponse,
                                                                etcdserverpb::LeaseKeepAliveRequest>* stream) override {
    etcdserverpb::LeaseKeepAliveRequest request;
    while (stream->Read(&request)) {
      etcdserverpb::LeaseKeepAliveResponse response;
      response.set_id(request.id());
      response.set_ttl(60);
      if (fake_.on_keep_alive) {
        grpc::Status status = fake_.on_keep_alive(request, response);
        if (!status.ok()) return status;
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }
  grpc::Status Watch(Context, WatchStream* stream) override {
    if (!fake_.on_watch) return {grpc::StatusCode::UNIMPLEMENTED, "not answered by the test"};
    return fake_.on_watch(*stream);
  }
  grpc::Status Snapshot(Context, const etcdserverpb::SnapshotRequest*, SnapshotWriter* writer) override {
    if (!fake_.on_snapshot) return {grpc::StatusCode::UNIMPLEMENTED, "not answered by the test"};
    return fake_.on_snapshot(*writer);
  }

 private:
  FakeServer& fake_;
};

FakeServer::FakeServer() : services_(std::make_unique<Services>(*this)) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(static_cast<etcdserverpb::KV::Service*>(services_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Lease::Service*>(services_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Watch::Service*>(services_.get()));
  builder.RegisterService(static_cast<etcdserverpb::Maintenance::Service*>(services_.get()));
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

std::unique_ptr<Client> FakeServer::Connect() {
  ClientConfig config;
  config.endpoints = {address_};
  config.own_connections = true;
  return *Client::Open(config);
}

etcdserverpb::WatchCreateRequest AcceptWatch(FakeServer::WatchStream& stream, int64_t id, int64_t revision) {
  etcdserverpb::WatchRequest request;
  EXPECT_TRUE(stream.Read(&request));
  etcdserverpb::WatchResponse response;
  response.set_created(true);
  response.set_watch_id(id);
  response.mutable_header()->set_revision(revision);
  stream.Write(response);
  return request.create_request();
}

void SendPut(FakeServer::WatchStream& stream, int64_t id, const std::string& key, int64_t revision) {
  SendEvent(stream, id, mvccpb::Event::PUT, key, revision);
}

void SendDelete(FakeServer::WatchStream& stream, int64_t id, const std::string& key, int64_t revision) {
  SendEvent(stream, id, mvccpb::Event::DELETE, key, revision);
}

void AwaitEnd(FakeServer::WatchStream& stream) {
  etcdserverpb::WatchRequest request;
  while (stream.Read(&request)) {
  }
}

}  // namespace quorate::ctl
