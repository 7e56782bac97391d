#pragma once

// What --help and --version print, newline at the end.

#include <string>

namespace quorate::config {

std::string HelpText();
std::string VersionText();

}  // namespace quorate::config
