#pragma once

// What LeaseTimeToLive tells of a lease.

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "quorate/base/payload.h"
#include "quorate/base/status.h"
#include "quorate/lease/request.h"
#include "quorate/replica/replica.h"

namespace quorate::api {

// A LeaseTimeToLiveResponse without its header, of the writer's state: it leaves through lease::Leases::WhenPublished.
// Keys are gathered in slices, before each of which `is_over` is asked whether nobody waits any more. Too many requests
// when they are longer than `keys_bytes_max` together. Not on a loop thread.
absl::StatusOr<base::Payload> DescribeLease(replica::Replica& replica, const lease::TimeToLiveRequest& request,
                                            uint64_t keys_bytes_max, absl::FunctionRef<bool()> is_over);

}  // namespace quorate::api
