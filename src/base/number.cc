#include "quorate/base/number.h"

#include <limits>

namespace quorate::base {
namespace {

int DigitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  return std::numeric_limits<int>::max();
}

// Takes the prefix off.
int TakeBase(std::string_view* digits) {
  if (digits->size() < 2 || digits->front() != '0') return 10;
  const char mark = static_cast<char>((*digits)[1] | 0x20);
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : mark == 'o' ? 8 : 0;
  digits->remove_prefix(base == 0 ? 1 : 2);
  return base == 0 ? 8 : base;
}

bool UnderscoresFit(std::string_view digits, bool prefixed) {
  char before = prefixed ? '0' : '_';
  for (const char c : digits) {
    if (c == '_' && before == '_') return false;
    before = c;
  }
  return before != '_';
}

}  // namespace

ParsedNumber<uint64_t> ParseUnsigned(std::string_view text, int base) {
  const bool free_form = base == 0;
  if (free_form) {
    const size_t length = text.size();
    base = TakeBase(&text);
    if (!UnderscoresFit(text, text.size() < length)) return {0, NumberProblem::kSyntax};
  }
  if (text.empty()) return {0, NumberProblem::kSyntax};
  uint64_t number = 0;
  bool overflow = false;
  for (const char c : text) {
    if (free_form && c == '_') continue;
    const int digit = DigitOf(c);
    if (digit >= base) return {0, NumberProblem::kSyntax};
    overflow |= __builtin_mul_overflow(number, static_cast<uint64_t>(base), &number);
    overflow |= __builtin_add_overflow(number, static_cast<uint64_t>(digit), &number);
  }
  if (overflow) return {0, NumberProblem::kRange};
  return {number, NumberProblem::kNone};
}

ParsedNumber<int64_t> ParseSigned(std::string_view text, int base) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const ParsedNumber<uint64_t> magnitude = ParseUnsigned(text, base);
  if (magnitude.problem != NumberProblem::kNone) return {0, magnitude.problem};
  const uint64_t most = uint64_t{std::numeric_limits<int64_t>::max()} + (negative ? 1 : 0);
  if (magnitude.number > most) return {0, NumberProblem::kRange};
  return {static_cast<int64_t>(negative ? 0 - magnitude.number : magnitude.number), NumberProblem::kNone};
}

std::optional<bool> ParseBool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

}  // namespace quorate::base
