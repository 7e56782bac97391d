#include "src/api/slow_calls.h"

#include "quorate/base/duration.h"
#include "quorate/base/logging.h"

namespace quorate::api {

void SlowCalls::Note(const rpc::SlowCall& call) {
  count_.fetch_add(1, std::memory_order_relaxed);
  uint64_t left_out = 0;
  if (!lines_.TakeLine(&left_out)) return;
  // In etcd's words.
  QUORATE_LOG(kWarn, "request stats",
              {{"time spent", base::FormatDuration(call.took)},
               {"expected-duration", base::FormatDuration(expected_)},
               {"remote", call.peer->address},
               {"response type", call.method},
               {"request size", call.request_bytes},
               {"error", call.status},
               {"slow-requests-left-out", left_out}});
}

}  // namespace quorate::api
