#pragma once

// A server on the loopback whose answers a test writes.

#include <grpcpp/server.h>

#include <functional>
#include <memory>
#include <string>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "src/ctl/client.h"

namespace quorate::ctl {

class FakeServer {
 public:
  using WatchStream = grpc::ServerReaderWriter<etcdserverpb::WatchResponse, etcdserverpb::WatchRequest>;
  using SnapshotWriter = grpc::ServerWriter<etcdserverpb::SnapshotResponse>;
  template <typename Request, typename Response>
  using Handler = std::function<grpc::Status(const Request& request, Response& response)>;

  FakeServer();
  ~FakeServer();

  const std::string& address() const { return address_; }
  // A client that talks to it.
  std::unique_ptr<Client> Connect();

  // What answers each call, on the server's threads. Set before the first call; one that is not set answers
  // UNIMPLEMENTED. A lease is granted the number 0x77 and kept, unless that is set otherwise.
  Handler<etcdserverpb::RangeRequest, etcdserverpb::RangeResponse> on_range;
  Handler<etcdserverpb::PutRequest, etcdserverpb::PutResponse> on_put;
  Handler<etcdserverpb::DeleteRangeRequest, etcdserverpb::DeleteRangeResponse> on_delete;
  Handler<etcdserverpb::TxnRequest, etcdserverpb::TxnResponse> on_txn;
  Handler<etcdserverpb::LeaseKeepAliveRequest, etcdserverpb::LeaseKeepAliveResponse> on_keep_alive;
  Handler<etcdserverpb::LeaseRevokeRequest, etcdserverpb::LeaseRevokeResponse> on_revoke;
  // Serves one stream to its end.
  std::function<grpc::Status(WatchStream& stream)> on_watch;
  std::function<grpc::Status(SnapshotWriter& writer)> on_snapshot;

 private:
  class Services;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

// Reads the creation of a watch and answers it with this number, at this revision.
etcdserverpb::WatchCreateRequest AcceptWatch(FakeServer::WatchStream& stream, int64_t id, int64_t revision);
void SendPut(FakeServer::WatchStream& stream, int64_t id, const std::string& key, int64_t revision);
void SendDelete(FakeServer::WatchStream& stream, int64_t id, const std::string& key, int64_t revision);
// Waits until the client has gone.
void AwaitEnd(FakeServer::WatchStream& stream);

}  // namespace quorate::ctl
