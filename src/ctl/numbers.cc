#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "src/ctl/values.h"

namespace quorate::ctl {
namespace {

absl::Status Wrong(std::string_view function, std::string_view text, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "strconv." + std::string(function) + ": parsing " +
                                                                  Quote(text) + ": " + std::string(problem));
}

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return std::numeric_limits<int>::max();
}

// Underscores may only stand between digits, or between a base prefix and a digit.
bool UnderscoresFit(std::string_view digits, bool prefixed) {
  char before = prefixed ? '0' : '_';
  for (char c : digits) {
    if (c == '_' && before == '_') return false;
    before = c;
  }
  return before != '_';
}

int TakeBase(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  char mark = static_cast<char>(digits[1] | 0x20);
  int base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 0;
  digits.remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

absl::StatusOr<uint64_t> ParseDigits(std::string_view function, std::string_view whole, std::string_view digits,
                                     int base) {
  if (digits.empty()) return Wrong(function, whole, "invalid syntax");
  bool free_form = base == 0;
  size_t length = digits.size();
  if (free_form) {
    base = TakeBase(digits);
    if (digits.empty() || !UnderscoresFit(digits, digits.size() < length)) {
      return Wrong(function, whole, "invalid syntax");
    }
  }
  uint64_t value = 0;
  bool overflow = false;
  for (char c : digits) {
    if (free_form && c == '_') continue;
    int digit = DigitOf(c);
    if (digit >= base) return Wrong(function, whole, "invalid syntax");
    overflow |= __builtin_mul_overflow(value, static_cast<uint64_t>(base), &value);
    overflow |= __builtin_add_overflow(value, static_cast<uint64_t>(digit), &value);
  }
  if (overflow) return Wrong(function, whole, "value out of range");
  return value;
}

}  // namespace

absl::StatusOr<uint64_t> ParseUint(std::string_view text, int base) {
  return ParseDigits("ParseUint", text, text, base);
}

absl::StatusOr<int64_t> ParseInt(std::string_view text, int base) {
  std::string_view digits = text;
  bool negative = !digits.empty() && digits[0] == '-';
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  QUORATE_ASSIGN_OR_RETURN(uint64_t magnitude, ParseDigits("ParseInt", text, digits, base));
  constexpr uint64_t kLimit = uint64_t{1} << 63;
  if (negative ? magnitude > kLimit : magnitude >= kLimit) return Wrong("ParseInt", text, "value out of range");
  return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
}

absl::StatusOr<bool> ParseBool(std::string_view text) {
  for (std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
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

std::string Hex(uint64_t value) {
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%lx", static_cast<unsigned long>(value));
  return text.data();
}

std::string PaddedHex(uint64_t value) {
  std::string digits = Hex(value);
  return std::string(16 - digits.size(), '0') + digits;
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

}  // namespace quorate::ctl
