#pragma once

// /members on the peer port: who a member knows, as other members ask before they join.

#include <string>

#include "quorate/membership/membership.h"
#include "src/api/http_answers.h"
#include "src/api/service_context.h"

namespace quorate::api {

// As etcd writes a member, there and in its database.
std::string JsonMember(const membership::Member& member);

void RegisterMembers(ServiceContext* context, const AddHttp& add);

}  // namespace quorate::api
