#pragma once

// etcdserverpb.Watch: one bidirectional stream a client, thousands of watchers on it. Matching, order and catching up
// are module `watch`'s; here is the protocol.

#include <memory>
#include <vector>

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"
#include "src/api/watch_streams.h"

namespace quorate::api {

class WatchService {
 public:
  explicit WatchService(ServiceContext* context) : context_(context) {}

  void Register(rpc::Registry& registry);
  // Once the loops of the context are there.
  void Attach();
  // Any thread: ends every stream with "server stopped", so that clients go elsewhere.
  void EndStreams();

 private:
  ServiceContext* context_;
  std::vector<std::unique_ptr<WatchStreams>> loops_;
};

}  // namespace quorate::api
