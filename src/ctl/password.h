#pragma once

#include <iosfwd>
#include <string>

namespace quorate::ctl {

// Asks for one line without showing what is typed, if standard input is a terminal.
std::string AskPassword(const std::string& prompt, std::istream& in, std::ostream& out);

}  // namespace quorate::ctl
