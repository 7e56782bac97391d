#pragma once

// etcdserverpb.Auth, of which only this exists: that it is off. What is not registered is answered UNIMPLEMENTED by the
// engine.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterAuth(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
