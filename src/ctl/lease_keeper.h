#pragma once

// Keeping a lease alive, as etcd's clients do: three renewals in its lifetime, again and again while members are out of
// reach, until it is known or must be assumed to be gone.

#include <functional>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

class Cancellation;
class Client;

// Renews the lease once. A lease that is gone has an answer with a TTL of 0 or less. `timeout` of zero waits without
// end; `cancellation` may be null.
absl::StatusOr<etcdserverpb::LeaseKeepAliveResponse> RenewLease(Client& client, int64_t id, Duration timeout,
                                                                Cancellation* cancellation);

// Renews the lease until it is gone or `stop` comes; `patience` is how long the first answer may take. `on_renewal` is
// called by the calling thread.
void KeepLease(Client& client, int64_t id, Duration patience, Cancellation& stop,
               const std::function<void(const etcdserverpb::LeaseKeepAliveResponse&)>& on_renewal);

}  // namespace quorate::ctl
