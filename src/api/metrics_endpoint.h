#pragma once

// /metrics: collected from the subsystems' counters when asked, nothing is updated for it in between.

#include "src/api/http_answers.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMetrics(ServiceContext* context, const AddHttp& add);

}  // namespace quorate::api
