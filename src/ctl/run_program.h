#pragma once

#include <string>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::ctl {

// Runs a program found on the PATH with these words and this environment, and waits for its end. The error says how it
// ended: "exit status 3", "signal: killed".
absl::Status RunProgram(const std::vector<std::string>& words, const std::vector<std::string>& environment);

}  // namespace quorate::ctl
