#pragma once

// The space quota: how much users may store before only reads, deletes and compaction go on.
//
// What counts is what was stored and not removed by compaction (mvcc::Store::logical_bytes), not what RocksDB makes of
// it on the disk, and the leases there are. It is asked before a request is proposed, so requests that were accepted at
// the same time may exceed the quota together.

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/request.h"
#include "quorate/rpc/call.h"

namespace quorate::api {

struct ServiceContext;

// Bytes that a request may add to the store, as etcd estimates it; 0: it adds nothing, and is not asked about.
uint64_t AddedBytes(const mvcc::PutRequest& put);
uint64_t AddedBytes(const mvcc::TxnRequest& txn);
// A lease, for as long as it is there: what it takes of memory, which is more than of the disk.
inline constexpr uint64_t kLeaseBytes = 256;

class SpaceQuota {
 public:
  // --quota-backend-bytes=0 means this.
  static constexpr int64_t kDefaultBytes = int64_t{2} << 30;

  // `bytes`: as --quota-backend-bytes; 0 is the default, a negative one none.
  SpaceQuota(ServiceContext* context, int64_t bytes);

  // What counts now. Any thread.
  uint64_t used_bytes() const;
  // Whether a request that may add so much may be proposed: a few loads. Any thread.
  bool Admits(uint64_t added_bytes) const;
  // Hears that space is exceeded; on any thread, also inside Refuse.
  using Refused = absl::AnyInvocable<void(absl::Status)>;
  // Refuses a request that may not, once the alarm that says why is raised. Any thread.
  void Refuse(Refused refused);
  // The same for a client's.
  void Refuse(rpc::UnaryCall call);

  // As Status and metrics show it: negative when there is none.
  int64_t bytes() const { return bytes_; }
  // Says in the log which quota is kept.
  void LogStart() const;

 private:
  class Raised;

  bool IsRaised() const;
  void RaiseAlarm();

  ServiceContext* const context_;
  const int64_t bytes_;
  const bool is_default_;
  base::Mutex mutex_;  // guards waiting_: loops add, the replica's threads take
  // While an alarm is on its way; empty when none is.
  std::vector<Refused> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::api
