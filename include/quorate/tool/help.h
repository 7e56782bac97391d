#pragma once

#include <string>

#include "quorate/tool/command.h"

namespace quorate::tool {

// Whether the flags of the root, which every command understands, stand in each usage or are left to `options`.
enum class RootFlags { kLeftOut, kShown };

// The usage line, the subcommands and the flags of a command.
std::string UsageOf(const Command& command, RootFlags root_flags = RootFlags::kLeftOut);
// What --help prints: the description, the usage, and where the global flags are.
std::string HelpOf(const Command& command);
// A column of flags with their types, defaults and meanings.
std::string FlagTable(const std::vector<const Flag*>& flags);

}  // namespace quorate::tool
