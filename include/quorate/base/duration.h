#pragma once

// Durations as text, in the form of Go's time package, which etcd's flags, log lines and tools share.

#include <chrono>
#include <string>
#include <string_view>

namespace quorate::base {

// The shortest exact form: "1h2m0s", "4.5ms", "0s".
std::string FormatDuration(std::chrono::nanoseconds duration);

struct ParsedDuration {
  enum class Problem { kNone, kInvalid, kMissingUnit, kUnknownUnit };

  std::chrono::nanoseconds duration{};
  Problem problem = Problem::kNone;
  std::string_view unit = {};  // the unknown one, in the text
};
// "300ms", "1h2m", "-1.5h"; "0" needs no unit. What is less than a nanosecond is left out; what is more than 292 years
// is invalid.
ParsedDuration ParseDuration(std::string_view text);

}  // namespace quorate::base
