#pragma once

// etcdserverpb.Cluster: the members, and as much of changing them as a cluster of one allows. What is not registered is
// answered UNIMPLEMENTED by the engine.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterCluster(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
