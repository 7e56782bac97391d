#pragma once

// /version, on the client and the peer port, and /debug/vars.

#include <string>

#include "quorate/api/services.h"
#include "src/api/http_answers.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterVersion(const Versions& versions, const AddHttp& add);
void RegisterDebugVars(ServiceContext* context, const AddHttp& add);

}  // namespace quorate::api
