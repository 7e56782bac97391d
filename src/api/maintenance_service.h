#pragma once

// etcdserverpb.Maintenance, as far as it exists: what is asked about the member, alarms, defragmentation. Hashes and
// snapshots have files of their own. What is not registered is answered UNIMPLEMENTED by the engine.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMaintenance(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
