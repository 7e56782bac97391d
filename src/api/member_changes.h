#pragma once

// etcdserverpb.Cluster's MemberAdd, MemberRemove, MemberUpdate and MemberPromote, as far as a cluster of one member can
// answer them: what is refused in etcd is refused with its words, what would succeed there is said to be unsupported.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterMemberChanges(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
