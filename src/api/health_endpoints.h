#pragma once

// /health, /livez and /readyz, as orchestrators probe them.

#include "src/api/http_answers.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterHealthEndpoints(ServiceContext* context, const AddHttp& add);

}  // namespace quorate::api
