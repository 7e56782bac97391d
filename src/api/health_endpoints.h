#pragma once

// /health, /livez and /readyz, as orchestrators probe them.

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterHealthEndpoints(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
