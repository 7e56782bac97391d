#pragma once

// etcdserverpb.Lease/LeaseKeepAlive: each message renews a lease, at once and on the loop. A lease that has run out is
// answered once it is revoked, and meanwhile the others are served: answers may overtake it.

#include <memory>

#include "quorate/rpc/call.h"
#include "src/api/service_context.h"

namespace quorate::api {

// Renewals of one stream that may wait for revocations. A client that asks for more has lost track of its leases.
inline constexpr int kWaitingRenewalsMax = 10'000;

std::unique_ptr<rpc::StreamHandler> MakeKeepAliveStream(ServiceContext* service, const rpc::CallContext& context,
                                                        rpc::Stream& stream);

}  // namespace quorate::api
