#pragma once

#include <string>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::ctl {

// Splits the value of --peer-urls at its commas and refuses what no member could listen on.
absl::StatusOr<std::vector<std::string>> ParsePeerUrls(const std::string& text);

}  // namespace quorate::ctl
