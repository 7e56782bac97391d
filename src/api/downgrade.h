#pragma once

// Maintenance.Downgrade: whether the cluster may go back a minor version, and that it is about to.
//
// What is announced is replicated and shown in Status; nothing else follows from it, since data of this server is never
// opened by an older etcd: the cluster's version stays.

#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/rpc/registry.h"
#include "src/api/service_context.h"

namespace quorate::api {

void RegisterDowngrade(ServiceContext* context, rpc::Registry& registry);

// "3.6.0" for the version asked for, as "3.6", "3.6.1" or "3.6.1-rc.0+build"; the error is the API's when it does not
// read as one.
absl::StatusOr<std::string> ParseDowngradeTarget(std::string_view version);
// Whether a cluster at `from` ("3.7.0") may go down to `target` ("3.6.0"): by one minor version.
bool IsValidDowngrade(std::string_view from, std::string_view target);

}  // namespace quorate::api
