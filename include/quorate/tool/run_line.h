#pragma once

// One run of a tool, from its line to its exit code, whatever its commands are.

#include <functional>
#include <string>

#include "quorate/tool/command_line.h"
#include "quorate/tool/streams.h"

namespace quorate::tool {

struct RunRules {
  // What stands behind the message when a line is wrong, and what --help shows.
  std::function<std::string(const Command& command)> usage;
  std::function<std::string(const Command& command)> help;
  // Told of the line whose command is about to be run.
  std::function<void(const ParsedLine& line)> before = nullptr;
};

// Only a command with an action is run; the others show their help. What was lost on its way to `streams.out` is a
// failure, too.
int RunLine(Command& root, const Arguments& words, const Streams& streams, const RunRules& rules);

}  // namespace quorate::tool
