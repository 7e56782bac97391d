#pragma once

// /version, on the client and the peer port, and /debug/vars.

#include <string>

#include "quorate/api/services.h"
#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterVersion(const Versions& versions, rpc::Registry& registry);
void RegisterDebugVars(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
