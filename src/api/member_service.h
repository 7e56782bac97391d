#pragma once

// What a client may ask about the member and its cluster: etcdserverpb.Maintenance, Cluster and Auth, as far as they
// exist. What is not registered is answered UNIMPLEMENTED by the engine.

#include <string>
#include <string_view>

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry);
void RegisterCluster(ServiceContext* context, rpc::Registry& registry);
void RegisterAuth(ServiceContext* context, rpc::Registry& registry);

// The size of the store as Status and metrics tell it: on disk, and what of it is in use.
struct StoreSize {
  int64_t bytes = 0;
  int64_t in_use_bytes = 0;
};
StoreSize SizeOf(const ServiceContext& context);

}  // namespace quorate::api
