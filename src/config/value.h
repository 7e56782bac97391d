#pragma once

// Flag values in the notation of Go's flag and strconv packages, which etcd's flags are read with.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::config {

enum class FlagType {
  kString,
  kBool,   // 1 t T true TRUE True 0 f F false FALSE False
  kInt64,  // base 10, or 0x 0o 0b and a leading 0 for base 16, 8, 2 and 8; _ may stand between digits
  kUint64,
  kUint32,
  kDuration,  // "300ms", "1h0m0s", "1.5s", "0"
  kUrls,      // comma-separated; each once, sorted
  kStrings,   // comma-separated; each once, sorted
  kChoice,    // one of the words the flag lists
};

using Value = std::variant<std::string, bool, int64_t, uint64_t, std::chrono::nanoseconds, std::vector<std::string>>;

// What `type` is called in an error: "a whole number of 0 or more".
std::string_view DescribeType(FlagType type);

// kChoice is read as a string; whether it is one of the words is the caller's to check. InvalidArgument with a reason,
// without the flag's name.
absl::StatusOr<Value> ParseValue(FlagType type, std::string_view text);

// The parts, for ParseValue and its tests. The error says what is wrong with the text.
absl::StatusOr<bool> ParseBool(std::string_view text);
absl::StatusOr<uint64_t> ParseUint(std::string_view text, int bits);
absl::StatusOr<int64_t> ParseInt64(std::string_view text);
absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text);

}  // namespace quorate::config
