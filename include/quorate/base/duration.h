#pragma once

// Durations as text, in the form of Go's time package, which etcd's flags, log lines and tools share.

#include <chrono>
#include <string>

namespace quorate::base {

// The shortest exact form: "1h2m0s", "4.5ms", "0s".
std::string FormatDuration(std::chrono::nanoseconds duration);

}  // namespace quorate::base
