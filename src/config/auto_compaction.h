#pragma once

// --auto-compaction-mode and --auto-compaction-retention.

#include <string_view>

#include "quorate/base/status.h"
#include "quorate/config/config.h"

namespace quorate::config {

// Reads a retention as etcd does: a whole number counts hours or, by revision, revisions; anything else is a duration,
// which by revision counts its nanoseconds. "0" and "" keep everything. The error is one line, without the flag's name.
absl::StatusOr<AutoCompaction> ParseAutoCompaction(std::string_view mode, std::string_view retention);

}  // namespace quorate::config
