#pragma once

// Reads single fields of answers.

#include <cstdint>
#include <string_view>

namespace quorate::bench {

// The last field of that number with that type, or a default.
std::string_view BytesIn(std::string_view message, uint32_t field);
int64_t NumberIn(std::string_view message, uint32_t field);
// The revision in the header of any answer.
int64_t RevisionOf(std::string_view reply);

}  // namespace quorate::bench
