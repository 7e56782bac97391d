#pragma once

// Wires the modules into a running member. Nothing else knows how they fit.

#include "quorate/config/config.h"

namespace quorate::server {

// Runs a member until SIGTERM or SIGINT; returns the process's exit code. Logs are set up by it.
int Run(const config::Config& config);

}  // namespace quorate::server
