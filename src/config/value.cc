#include "src/config/value.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "quorate/config/url.h"

namespace quorate::config {
namespace {

// Larger than any number a value may hold, so that sums and products stay checkable.
using Wide = unsigned __int128;

absl::Status Invalid(std::string_view text, std::string_view reason) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "\"" + std::string(text) + "\" " + std::string(reason));
}

absl::Status NotA(std::string_view text, FlagType type) {
  return Invalid(text, "is not " + std::string(DescribeType(type)));
}

int DigitOf(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'z') return character - 'a' + 10;
  if (character >= 'A' && character <= 'Z') return character - 'A' + 10;
  return 36;
}

// Takes the base's prefix off `text`.
int TakeBase(std::string_view* text) {
  if (text->size() < 2 || text->front() != '0') return 10;
  const char letter = static_cast<char>((*text)[1] | 0x20);
  if (letter == 'x' || letter == 'b' || letter == 'o') {
    text->remove_prefix(2);
    return letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
  }
  // The leading zero stays: an underscore may follow it.
  return 8;
}

// A '_' may stand between digits or after the prefix, never at the end or twice.
enum class NumberError { kSyntax, kRange };
std::variant<uint64_t, NumberError> ParseDigits(std::string_view text) {
  const size_t length_before = text.size();
  const int base = TakeBase(&text);
  const bool after_prefix = text.size() != length_before;
  if (text.empty()) return NumberError::kSyntax;
  Wide number = 0;
  bool underscore_allowed = after_prefix;
  bool too_large = false;
  for (const char character : text) {
    if (character == '_') {
      if (!underscore_allowed) return NumberError::kSyntax;
      underscore_allowed = false;
      continue;
    }
    const int digit = DigitOf(character);
    if (digit >= base) return NumberError::kSyntax;
    underscore_allowed = true;
    if (!too_large) number = number * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
    too_large = too_large || number > std::numeric_limits<uint64_t>::max();
  }
  if (!underscore_allowed) return NumberError::kSyntax;
  if (too_large) return NumberError::kRange;
  return static_cast<uint64_t>(number);
}

struct Unit {
  std::string_view name;
  uint64_t nanoseconds;
};

// Longer names first where one begins another.
constexpr std::array kUnits = {Unit{"ns", 1},
                               Unit{"us", 1'000},
                               Unit{"\xC2\xB5s", 1'000},  // the micro sign
                               Unit{"\xCE\xBCs", 1'000},  // the Greek letter
                               Unit{"ms", 1'000'000},
                               Unit{"s", 1'000'000'000},
                               Unit{"m", 60'000'000'000},
                               Unit{"h", 3'600'000'000'000}};

std::optional<uint64_t> TakeUnit(std::string_view* text) {
  for (const Unit& unit : kUnits) {
    if (!text->starts_with(unit.name)) continue;
    text->remove_prefix(unit.name.size());
    return unit.nanoseconds;
  }
  return std::nullopt;
}

std::string_view TakeDigits(std::string_view* text) {
  const size_t end = std::min(text->find_first_not_of("0123456789"), text->size());
  const std::string_view digits = text->substr(0, end);
  text->remove_prefix(end);
  return digits;
}

// Takes one "1.5h" off `text`; nullopt when it is not one, or is longer than any duration.
std::optional<Wide> TakeDurationPart(std::string_view* text) {
  const std::string_view whole = TakeDigits(text);
  std::string_view fraction;
  if (text->starts_with('.')) {
    text->remove_prefix(1);
    fraction = TakeDigits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const std::optional<uint64_t> unit = TakeUnit(text);
  if (!unit.has_value()) return std::nullopt;
  Wide number = 0;
  for (const char digit : whole) {
    number = number * 10 + static_cast<unsigned>(digit - '0');
    if (number > std::numeric_limits<uint64_t>::max()) return std::nullopt;
  }
  Wide nanoseconds = number * *unit;
  // More digits than a nanosecond in an hour needs change nothing.
  Wide scale = 1;
  Wide part = 0;
  for (const char digit : fraction.substr(0, 18)) {
    part = part * 10 + static_cast<unsigned>(digit - '0');
    scale *= 10;
  }
  return nanoseconds + part * *unit / scale;
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
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return NotA(text, FlagType::kBool);
}

absl::StatusOr<uint64_t> ParseUint(std::string_view text, int bits) {
  const auto parsed = ParseDigits(text);
  const uint64_t most = bits == 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << bits) - 1;
  if (const auto* number = std::get_if<uint64_t>(&parsed); number != nullptr && *number <= most) return *number;
  if (const auto* error = std::get_if<NumberError>(&parsed); error != nullptr && *error == NumberError::kSyntax) {
    return NotA(text, FlagType::kUint64);
  }
  return Invalid(text, "is too large; the most is " + std::to_string(most));
}

absl::StatusOr<int64_t> ParseInt64(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  const auto parsed = ParseDigits(digits);
  const uint64_t most = uint64_t{std::numeric_limits<int64_t>::max()} + (negative ? 1 : 0);
  if (const auto* number = std::get_if<uint64_t>(&parsed); number != nullptr && *number <= most) {
    return static_cast<int64_t>(negative ? ~*number + 1 : *number);
  }
  if (const auto* error = std::get_if<NumberError>(&parsed); error != nullptr && *error == NumberError::kSyntax) {
    return NotA(text, FlagType::kInt64);
  }
  return Invalid(text, "does not fit in 64 bits");
}

absl::StatusOr<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return std::chrono::nanoseconds(0);
  if (rest.empty()) return NotA(text, FlagType::kDuration);
  constexpr Wide kMost = std::numeric_limits<int64_t>::max();
  Wide total = 0;
  while (!rest.empty()) {
    const std::optional<Wide> part = TakeDurationPart(&rest);
    if (!part.has_value() || *part > kMost || total + *part > kMost) return NotA(text, FlagType::kDuration);
    total += *part;
  }
  const auto count = static_cast<int64_t>(total);
  return std::chrono::nanoseconds(negative ? -count : count);
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
