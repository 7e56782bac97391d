#pragma once

// quoratectl: the network client, with etcdctl's commands, flags, output and exit codes.

#include <string>
#include <vector>

#include "quorate/tool/streams.h"

namespace quorate::ctl {

// Runs one command line (without the program's name) to its end and returns the process's exit code. `environment`
// holds entries of the form NAME=value. Blocks; errors are written to `streams.err`.
int Run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
        const tool::Streams& streams);

}  // namespace quorate::ctl
