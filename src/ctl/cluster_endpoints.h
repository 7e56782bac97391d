#pragma once

#include <string>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::ctl {

class Session;

// The endpoints a command asks one by one: those of the flags, or with --cluster the client URLs of every member.
// Prepares the session.
absl::StatusOr<std::vector<std::string>> EndpointsToAsk(Session& session, bool cluster);

}  // namespace quorate::ctl
