#include "src/api/auth_service.h"

#include "quorate/base/errors.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

absl::StatusOr<etcdserverpb::AuthStatusResponse> AuthStatus(const ServiceContext& context) {
  etcdserverpb::AuthStatusResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_enabled(false);
  response.set_authrevision(1);
  return response;
}

// Clients that are given a user name ask for a token first, and go on without one at this answer.
absl::StatusOr<etcdserverpb::AuthenticateResponse> Authenticate() {
  return base::errors::AuthenticationIsNotEnabled();
}

}  // namespace

void RegisterAuth(ServiceContext* context, rpc::Registry& registry) {
  AddUnary<etcdserverpb::AuthStatusRequest>(context, registry, "/etcdserverpb.Auth/AuthStatus", Serving::kOnLoop,
                                            [context](const auto&) { return AuthStatus(*context); });
  AddUnary<etcdserverpb::AuthenticateRequest>(context, registry, "/etcdserverpb.Auth/Authenticate", Serving::kOnLoop,
                                              [](const auto&) { return Authenticate(); });
}

}  // namespace quorate::api
