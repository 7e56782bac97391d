#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "quorate/base/number.h"
#include "quorate/tool/values.h"

namespace quorate::tool {
namespace {

absl::Status Wrong(std::string_view function, std::string_view text, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "strconv." + std::string(function) + ": parsing " +
                                                                  Quote(text) + ": " + std::string(problem));
}

template <typename Number>
absl::StatusOr<Number> InGosWords(const base::ParsedNumber<Number>& parsed, std::string_view function,
                                  std::string_view text) {
  switch (parsed.problem) {
    case base::NumberProblem::kNone:
      return parsed.number;
    case base::NumberProblem::kSyntax:
      return Wrong(function, text, "invalid syntax");
    case base::NumberProblem::kRange:
      break;
  }
  return Wrong(function, text, "value out of range");
}

}  // namespace

absl::StatusOr<uint64_t> ParseUint(std::string_view text, int base) {
  return InGosWords(base::ParseUnsigned(text, base), "ParseUint", text);
}

absl::StatusOr<int64_t> ParseInt(std::string_view text, int base) {
  return InGosWords(base::ParseSigned(text, base), "ParseInt", text);
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  if (std::optional<bool> truth = base::ParseBool(text)) return *truth;
  return Wrong("ParseBool", text, "invalid syntax");
}

std::string FormatBytes(uint64_t bytes) {
  constexpr std::array<const char*, 7> kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 10) return std::to_string(bytes) + " B";
  auto exponent = static_cast<size_t>(std::floor(std::log(static_cast<double>(bytes)) / std::log(1000.0)));
  double scaled = static_cast<double>(bytes) / std::pow(1000.0, static_cast<double>(exponent));
  double rounded = std::floor(scaled * 10 + 0.5) / 10;
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), rounded < 10 ? "%.1f %s" : "%.0f %s", rounded, kUnits[exponent]);
  return text.data();
}

std::string EscapeHex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 4);
  for (unsigned char byte : bytes) {
    text += "\\x";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace quorate::tool
