#pragma once

// What the operating system refused, as a Status that names the path and the system's reason.

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::base {

// "<action> <path>: <reason>" with the code that fits `error` (an errno value).
absl::Status SystemError(std::string_view action, const std::string& path, int error);

}  // namespace quorate::base
