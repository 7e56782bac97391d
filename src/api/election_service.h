#pragma once

// v3electionpb.Election, as etcd builds it on keys: a candidate puts the key `<name>/<lease>`, and leads once no older
// key of the name is there; the key's value is what it proclaims.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterElection(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
