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

struct ServicesOptions {
  uint32_t max_txn_ops = 128;
  uint64_t max_request_bytes = 1572864;
  int64_t quota_backend_bytes = 0;
  int reader_threads = 2;
  std::chrono::milliseconds warning_unary_request_duration{300};
};

class Services {
 public:
  Services(ServicesOptions options, replica::Replica* replica);
  ~Services();
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Adds every service, the HTTP endpoints, health and reflection.
  void Register(rpc::Registry& registry);
  // Tells which server answers, for its loop count and statistics; before Server::Start.
  void Attach(rpc::Server* server);
  // rpc::ServerOptions::on_tick_end.
  void OnTickEnd(int loop_index);
  // From now on health says not serving and new requests are refused with "server stopped".
  void Stop();

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::api
