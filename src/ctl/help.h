#pragma once

#include <string>

#include "src/ctl/command.h"

namespace quorate::ctl {

// The usage line, the subcommands and the flags of a command; global flags are left to `options`.
std::string UsageOf(const Command& command);
// What --help prints: the description, the usage, and where the global flags are.
std::string HelpOf(const Command& command);
// A column of flags with their types, defaults and meanings.
std::string FlagTable(const std::vector<const Flag*>& flags);

}  // namespace quorate::ctl
