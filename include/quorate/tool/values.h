#pragma once

// Values as etcdctl reads and writes them: the number, duration, list and string forms of Go's standard library, with
// the same words when they are wrong.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/duration.h"
#include "quorate/base/hex.h"
#include "quorate/base/status.h"

namespace quorate::tool {

using Duration = std::chrono::nanoseconds;

// base 0 takes the base from the prefix (0x, 0b, 0o, 0) and allows underscores between digits.
absl::StatusOr<int64_t> ParseInt(std::string_view text, int base);
absl::StatusOr<uint64_t> ParseUint(std::string_view text, int base);
absl::StatusOr<bool> ParseBool(std::string_view text);
// "300ms", "1h2m", "-1.5h"; "0" needs no unit.
absl::StatusOr<Duration> ParseDuration(std::string_view text);
// One line of comma separated values, fields quoted where they hold commas.
absl::StatusOr<std::vector<std::string>> ParseList(std::string_view text);

// The shortest exact form: "1h2m0s", "4.5ms", "0s".
inline std::string FormatDuration(Duration duration) { return base::FormatDuration(duration); }
// Decimal units with one digit below ten: "20 kB", "2.1 GB".
std::string FormatBytes(uint64_t bytes);
using base::Hex;
// The form of lease ids.
using base::PaddedHex;
// Each byte as \x and two digits.
std::string EscapeHex(std::string_view bytes);

// A double-quoted literal; bytes that are not printable UTF-8 become escapes.
std::string Quote(std::string_view text);
// The reverse, also of back-quoted literals. The only error is "invalid syntax".
absl::StatusOr<std::string> Unquote(std::string_view literal);

}  // namespace quorate::tool
