#pragma once

// Maintenance.Hash and HashKV. They walk everything that is stored: on a thread of their own, one at a time, until
// nobody waits for the answer any more.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterHashes(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
