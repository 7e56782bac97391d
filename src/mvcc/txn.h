#pragma once

// A transaction in three steps, as etcd has them: all comparisons, nested ones too, are made on the state before it and
// fix the branches; the operations of those branches are checked; then they are executed, which no longer fails.

#include <cstdint>

#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "quorate/mvcc/store.h"
#include "src/mvcc/effort.h"
#include "src/mvcc/operation_counts.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// The state a transaction changes as it goes. A read-only one is given none.
class Changeable {
 public:
  virtual ~Changeable() = default;
  // A PutResponse and a DeleteRangeResponse without their headers.
  virtual absl::StatusOr<base::Payload> ExecutePut(const PutRequest& request) = 0;
  virtual absl::StatusOr<base::Payload> ExecuteDeleteRange(const DeleteRangeRequest& request) = 0;
};

// What a put needs to be there before it: its lease, and the key when something of it is to be kept. Without `leases`
// no lease exists.
absl::Status CheckPut(const State& state, const LeaseKeys* leases, const PutRequest& request);

// A TxnResponse without its header. `changeable` may be null when IsReadOnly(request). Fails with the API's error, or
// for an answer and kept values that weigh more than `budget` has, from which that is taken, or for want of effort,
// before anything was changed; an error of storage may come later.
absl::StatusOr<base::Payload> ExecuteTxn(const State& state, Changeable* changeable, const LeaseKeys* leases,
                                         const TxnRequest& request, OperationCounts* counts, uint64_t* budget,
                                         Effort* effort);

}  // namespace quorate::mvcc
