#pragma once

#include <cstddef>
#include <string_view>

namespace quorate::base {

// Levenshtein: insertions, deletions and replacements that turn one text into the other.
size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace quorate::base
