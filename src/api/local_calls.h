#pragma once

// KV and lease calls that the server makes to itself, for services that are built on them. They are checked and
// answered as a client's would be, header included. Called on the loop's thread; `done` is called there too, and never
// from within the call. When the server stops, `done` may be dropped.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "src/api/service_context.h"

namespace quorate::api {

template <typename Response>
using LocalDone = std::function<void(absl::StatusOr<Response>)>;

// The id of the new lease.
void LocalGrant(ServiceContext* context, int loop_index, int64_t ttl_seconds, LocalDone<int64_t> done);
void LocalTxn(ServiceContext* context, int loop_index, const etcdserverpb::TxnRequest& request,
              LocalDone<etcdserverpb::TxnResponse> done);
void LocalDelete(ServiceContext* context, int loop_index, const std::string& key,
                 LocalDone<etcdserverpb::DeleteRangeResponse> done);
// Whom something is read for: once it is gone nothing is read, and `done` not called. On the pool it waits with what
// else its connection asks for.
struct LocalCaller {
  std::weak_ptr<const void> object;
  uint64_t connection;
};
// Linearizable.
void LocalRange(ServiceContext* context, int loop_index, const etcdserverpb::RangeRequest& request, LocalCaller caller,
                LocalDone<etcdserverpb::RangeResponse> done);
// The same, for values that may be large: a RangeResponse without its header, in the buffers of the store's own
// records.
void LocalRead(ServiceContext* context, int loop_index, const etcdserverpb::RangeRequest& request, LocalCaller caller,
               LocalDone<mvcc::Answer> done);

}  // namespace quorate::api
