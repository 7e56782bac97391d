#pragma once

// /members on the peer port: who a member knows, as other members ask before they join.

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMembers(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
