#pragma once

// v3lockpb.Lock, as etcd builds it on keys: who wants a lock puts the key `<name>/<lease>`, and holds it once no older
// key of the name is there. The key goes when it is unlocked, when its lease ends, or when its caller stops waiting.

#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterLock(ServiceContext* context, rpc::Registry& registry);

}  // namespace quorate::api
