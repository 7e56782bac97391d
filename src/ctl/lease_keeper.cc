#include "src/ctl/lease_keeper.h"

#include <chrono>

#include "quorate/base/saturating.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/client.h"

namespace quorate::ctl {
namespace {

constexpr int64_t kRenewalsPerLifetime = 3;
constexpr std::chrono::milliseconds kRetryDelay(500);

}  // namespace

absl::StatusOr<etcdserverpb::LeaseKeepAliveResponse> RenewLease(Client& client, int64_t id, Duration timeout,
                                                                Cancellation* cancellation) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(id);
  etcdserverpb::LeaseKeepAliveResponse message, response;
  Call call = {"/etcdserverpb.Lease/LeaseKeepAlive", false, timeout};
  call.cancellation = cancellation;
  QUORATE_RETURN_IF_ERROR(client.ServerStream(call, request, message, [&] {
    response = message;
    return absl::OkStatus();
  }));
  return response;
}

void KeepLease(Client& client, int64_t id, Duration patience, Cancellation& stop,
               const std::function<void(const etcdserverpb::LeaseKeepAliveResponse&)>& on_renewal) {
  auto deadline = base::Later(std::chrono::steady_clock::now(), patience);
  while (!stop.cancelled()) {
    Duration left = deadline - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return;
    absl::StatusOr<etcdserverpb::LeaseKeepAliveResponse> response = RenewLease(client, id, left, &stop);
    if (!response.ok()) {
      stop.WaitFor(kRetryDelay);
      continue;
    }
    if (response->ttl() <= 0) return;
    on_renewal(*response);
    Duration lifetime = base::Seconds(response->ttl());
    deadline = base::Later(std::chrono::steady_clock::now(), lifetime);
    stop.WaitFor(lifetime / kRenewalsPerLifetime);
  }
}

}  // namespace quorate::ctl
