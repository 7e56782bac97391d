#pragma once

// Serving Range and transactions that only read: once the replica allows it, on the loop when short, else on the pool.

#include <chrono>
#include <optional>
#include <string_view>

#include "quorate/mvcc/request.h"
#include "quorate/rpc/call.h"
#include "src/api/service_context.h"

namespace quorate::api {

// A read that costs more than visiting this many keys leaves the event loop: some tens of microseconds, while a
// hand-over costs a few and other connections wait behind the loop.
inline constexpr uint64_t kInlineKeysMax = 128;

struct ReadCall {
  rpc::UnaryCall call;
  std::chrono::steady_clock::time_point deadline;  // until when its client waits
  int64_t connection_calls = 1;                    // as CallContext tells
  // Since when it waits to be served; nothing when it is served at once.
  std::optional<std::chrono::steady_clock::time_point> waiting_since = {};
};

// Loop thread. `message` is what the checked request was decoded from.
void ReadRange(ServiceContext& context, const mvcc::RangeRequest& request, std::string_view message, ReadCall call);
void ReadTxn(ServiceContext& context, const mvcc::TxnRequest& request, std::string_view message, ReadCall call);

}  // namespace quorate::api
