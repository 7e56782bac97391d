#pragma once

#include <cstddef>
#include <string_view>

namespace quorate::base {

// How many bytes at the front of a text that is not empty form one well-encoded character; 0 when they do not (RFC 3629
// section 4: no overlong forms, no surrogates, nothing above U+10FFFF).
size_t Utf8Length(std::string_view text);
// Whether all of it is made of such characters.
bool IsUtf8(std::string_view bytes);

}  // namespace quorate::base
