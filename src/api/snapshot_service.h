#pragma once

// etcdserverpb.Maintenance/Snapshot: the member's state at one moment, as the file etcd saves
// (docs/formats/etcd-snapshot.md), made while it is sent and never held as a whole. Writes go on.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterSnapshot(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
