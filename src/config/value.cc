#include "src/config/value.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "quorate/base/duration.h"
#include "quorate/base/number.h"
#include "quorate/config/url.h"

namespace quorate::config {
namespace {

absl::Status Invalid(std::string_view text, std::string_view reason) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "\"" + std::string(text) + "\" " + std::string(reason));
}

absl::Status NotA(std::string_view text, FlagType type) {
  return Invalid(text, "is not " + std::string(DescribeType(type)));
}

std::vector<std::string> SplitUnique(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

}  // namespace

std::string_view DescribeType(FlagType type) {
  switch (type) {
    case FlagType::kBool:
      return "true or false";
    case FlagType::kInt64:
      return "a whole number";
    case FlagType::kUint64:
    case FlagType::kUint32:
      return "a whole number of 0 or more";
    case FlagType::kDuration:
      return "a duration such as 300ms, 5s or 1h0m0s";
    case FlagType::kUrls:
      return "a comma-separated list of URLs";
    case FlagType::kStrings:
      return "a comma-separated list";
    case FlagType::kString:
    case FlagType::kChoice:
      break;
  }
  return "a text";
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  if (const std::optional<bool> truth = base::ParseBool(text)) return *truth;
  return NotA(text, FlagType::kBool);
}

absl::StatusOr<uint64_t> ParseUint(std::string_view text, int bits) {
  const base::ParsedNumber<uint64_t> parsed = base::ParseUnsigned(text, /*base=*/0);
  if (parsed.problem == base::NumberProblem::kSyntax) return NotA(text, FlagType::kUint64);
  const uint64_t most = bits == 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << bits) - 1;
  if (parsed.problem == base::NumberProblem::kNone && parsed.number <= most) return parsed.number;
  return Invalid(text, "is too large; the most is " + std::to_string(most));
}

absl::StatusOr<int64_t> ParseInt64(std::string_view text) {
  const base::ParsedNumber<int64_t> parsed = base::ParseSigned(text, /*base=*/0);
  if (parsed.problem == base::NumberProblem::kSyntax) return NotA(text, FlagType::kInt64);
  if (parsed.problem == base::NumberProblem::kNone) return parsed.number;
  return Invalid(text, "does not fit in 64 bits");
}

absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const base::ParsedDuration parsed = base::ParseDuration(text);
  if (parsed.problem != base::ParsedDuration::Problem::kNone) return NotA(text, FlagType::kDuration);
  return parsed.duration;
}

absl::StatusOr<Value> ParseValue(FlagType type, std::string_view text) {
  switch (type) {
    case FlagType::kString:
    case FlagType::kChoice:
      return Value(std::string(text));
    case FlagType::kBool: {
      QUORATE_ASSIGN_OR_RETURN(const bool truth, ParseBool(text));
      return Value(truth);
    }
    case FlagType::kInt64: {
      QUORATE_ASSIGN_OR_RETURN(const int64_t number, ParseInt64(text));
      return Value(number);
    }
    case FlagType::kUint64:
    case FlagType::kUint32: {
      QUORATE_ASSIGN_OR_RETURN(const uint64_t number, ParseUint(text, type == FlagType::kUint32 ? 32 : 64));
      return Value(number);
    }
    case FlagType::kDuration: {
      QUORATE_ASSIGN_OR_RETURN(const std::chrono::nanoseconds duration, ParseDuration(text));
      return Value(duration);
    }
    case FlagType::kUrls: {
      if (text.empty()) return Value(std::vector<std::string>());
      QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> urls, ParseUrls(text));
      return Value(std::move(urls));
    }
    case FlagType::kStrings:
      if (text.empty()) return Value(std::vector<std::string>());
      return Value(SplitUnique(text));
  }
  return NotA(text, type);
}

}  // namespace quorate::config
