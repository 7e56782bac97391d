#pragma once

// Reads a command line as etcdctl does: flags before, after and between arguments, `--flag=value` and `--flag value`,
// bundled shorthands, `--` before arguments that begin with a dash, and names of commands cut short.

#include "quorate/tool/command.h"

namespace quorate::tool {

struct ParsedLine {
  // The command that was found, also when the rest of the line is wrong.
  Command* command = nullptr;
  Arguments arguments;
  // How many of the arguments stand before "--"; all of them without one.
  size_t before_dashes = 0;
  bool has_dashes = false;
  bool wants_help = false;
};

// Sets the flags of the line on the commands of the tree. When the status is not OK, `parsed` still names the command;
// `shows_usage` says whether its usage belongs behind the message.
struct LineError {
  absl::Status status;
  bool shows_usage = false;
};
LineError ParseCommandLine(Command& root, const Arguments& line, ParsedLine& parsed);

}  // namespace quorate::tool
