#pragma once

// v3electionpb.Election/Observe: the leader's key at each proclamation, from leader to leader.

#include <memory>

#include "quorate/rpc/call.h"
#include "src/api/service_context.h"

namespace quorate::api {

std::unique_ptr<rpc::StreamHandler> MakeElectionObserver(ServiceContext* service, const rpc::CallContext& context,
                                                         rpc::Stream& stream);

}  // namespace quorate::api
