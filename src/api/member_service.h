#pragma once

// What a client may ask about the member and its cluster: etcdserverpb.Maintenance, Cluster and Auth, as far as they
// exist. What is not registered is answered UNIMPLEMENTED by the engine.

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry);
void RegisterCluster(ServiceContext* context, rpc::Registry& registry);
void RegisterAuth(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
