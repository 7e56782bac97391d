#pragma once

// The etcd services over a replica: decodes and checks requests in etcd's order, proposes or reads, encodes answers.
// Reads of few keys run on the event loop that got them; long ones on a small pool, so that no connection waits behind
// another's list.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "quorate/replica/replica.h"
#include "quorate/rpc/server.h"

namespace quorate::api {

// What the member says of itself: the level of the etcd API it speaks, and its own version.
struct Versions {
  std::string server;   // "3.7.1"
  std::string cluster;  // "3.7.0"
  std::string storage;  // "3.7.0"
  std::string quorate;  // "0.1.0"

  std::string ClusterMajorMinor() const { return cluster.substr(0, cluster.rfind('.')); }
};

struct ServicesOptions {
  Versions versions;
  uint32_t max_txn_ops = 128;
  uint64_t max_request_bytes = 1572864;
  int64_t quota_backend_bytes = 0;
  int reader_threads = 2;
  std::chrono::nanoseconds warning_unary_request_duration = std::chrono::milliseconds(300);
  // Between progress notices on a watch stream; 0 is ten minutes.
  std::chrono::milliseconds watch_progress_notify_interval{0};
  // Between looks at whether clients take their snapshots and streamed lists; in six of them each has to take as much
  // as comes to 64 KiB a second.
  std::chrono::milliseconds pace_round{10'000};
};

class Services {
 public:
  explicit Services(ServicesOptions options);
  ~Services();
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Adds every service, the HTTP endpoints, health and reflection.
  void Register(rpc::Registry& registry);
  // Tells whom to serve, and which server answers clients; after Server::Listen and before Server::Start. Replica and
  // server must be stopped, but still there, when this object goes.
  void Attach(replica::Replica* replica, rpc::Server* server);
  // What the peer port answers: /version and /members.
  void RegisterPeer(rpc::Registry& registry);
  // mvcc::StoreOptions::on_commit; from the opening of the replica on, which is before Attach.
  void OnCommit(const std::vector<mvcc::Event>& events);
  // Ends streams that last as long as their client likes, and takes no new ones: before the server drains.
  void EndStreams();
  // rpc::ServerOptions::on_tick_end.
  void OnTickEnd(int loop_index);
  // rpc::ServerOptions::on_slow_call, of calls that took longer than warning_unary_request_duration.
  void OnSlowCall(const rpc::SlowCall& call);
  // From now on health says not serving and new requests are refused with "server stopped".
  void Stop();

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::api
