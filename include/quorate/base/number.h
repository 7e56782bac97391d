#pragma once

// Whole numbers and truth values as text, in the form of Go's strconv package, which etcd's flags and tools share.

#include <cstdint>
#include <optional>
#include <string_view>

namespace quorate::base {

enum class NumberProblem { kNone, kSyntax, kRange };

template <typename Number>
struct ParsedNumber {
  Number number = 0;
  NumberProblem problem = NumberProblem::kNone;
};

// Base 2 to 36; base 0 takes it from the prefix (0x, 0b, 0o, 0) and allows underscores between digits and behind the
// prefix. A sign is only for signed numbers.
ParsedNumber<uint64_t> ParseUnsigned(std::string_view text, int base);
ParsedNumber<int64_t> ParseSigned(std::string_view text, int base);

// A truth value: 1 t T true TRUE True, 0 f F false FALSE False. Nothing for any other word.
std::optional<bool> ParseBool(std::string_view text);

}  // namespace quorate::base
