#pragma once

// quorateutl: works on the files of a member that is not running and on saved snapshots, with etcdutl's commands,
// flags, output and exit codes.

#include <string>
#include <vector>

#include "quorate/tool/streams.h"

namespace quorate::utl {

// Runs one command line (without the program's name) to its end and returns the process's exit code. Blocks.
int Run(const std::vector<std::string>& arguments, const tool::Streams& streams);

}  // namespace quorate::utl
