#pragma once

// /metrics: collected from the subsystems' counters when asked, nothing is updated for it in between.

#include "quorate/rpc/server.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMetrics(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
