#pragma once

// /members on the peer port: who a member knows, as other members ask before they join.

#include "src/api/http_answers.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMembers(ServiceContext* context, const AddHttp& add);

}  // namespace quorate::api
