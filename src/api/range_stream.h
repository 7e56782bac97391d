#pragma once

// etcdserverpb.KV/RangeStream: a list of one state, sent in chunks as fast as the client takes them. The header and the
// count are on the last chunk only.

#include <memory>

#include "quorate/rpc/call.h"
#include "src/api/service_context.h"

namespace quorate::api {

// Large enough that a chunk's own cost does not show, small enough that two of them fit under Stream::kHighWaterBytes.
inline constexpr size_t kRangeChunkBytes = 256 << 10;

std::unique_ptr<rpc::StreamHandler> MakeRangeStream(ServiceContext* service, const rpc::CallContext& context,
                                                    rpc::Stream& stream);

}  // namespace quorate::api
