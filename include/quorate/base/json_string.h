#pragma once

#include <string>
#include <string_view>

namespace quorate::base {

// Appends `text` between quotes as a JSON string: control characters escaped, bytes that are not UTF-8 as \ufffd.
void AppendJsonString(std::string_view text, std::string* out);
std::string JsonString(std::string_view text);

}  // namespace quorate::base
