#pragma once

// Where log lines go: spdlog sinks that hand each line to the system in one write, so that lines of several processes
// on one file or pipe never mix. For one thread.

#include <memory>
#include <string>

#include "quorate/base/status.h"

namespace spdlog::sinks {
class sink;
}

namespace quorate::base {

// `output` is "default" or "stderr", "stdout", "systemd/journal", or the path of a file that is appended to (created
// with mode 0644 when missing). The error names what could not be opened.
absl::StatusOr<std::shared_ptr<spdlog::sinks::sink>> OpenLogSink(const std::string& output);

}  // namespace quorate::base
