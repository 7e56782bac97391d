#include "quorate/base/duration.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace quorate::base {
namespace {

// `nanos` as a decimal number of units of `unit` nanoseconds, without trailing zeros.
std::string Decimal(uint64_t nanos, uint64_t unit) {
  std::string text = std::to_string(nanos / unit);
  uint64_t fraction = nanos % unit;
  if (fraction == 0) return text;
  std::string digits = std::to_string(fraction + unit).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return text + "." + digits;
}

constexpr std::array<std::pair<std::string_view, uint64_t>, 8> kUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\xc2\xb5s", 1'000},  // the micro sign
    {"\xce\xbcs", 1'000},  // the Greek letter
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};
constexpr std::string_view kDigits = "0123456789";

// Longer than any duration, so that sums and products stay checkable.
using Wide = unsigned __int128;
constexpr Wide kMost = std::numeric_limits<int64_t>::max();

std::string_view TakeUpTo(std::string_view* text, size_t end) {
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(taken.size());
  return taken;
}

// What so many whole units come to; more than kMost where they are too many.
Wide Whole(std::string_view digits, uint64_t unit) {
  Wide number = 0;
  for (const char digit : digits) {
    number = number * 10 + static_cast<unsigned>(digit - '0');
    if (number > kMost) return number;
  }
  return number * unit;
}

// More digits than a nanosecond in an hour needs change nothing.
Wide Fraction(std::string_view digits, uint64_t unit) {
  constexpr size_t kDigitsMax = 18;
  Wide scale = 1;
  Wide number = 0;
  for (const char digit : digits.substr(0, kDigitsMax)) {
    number = number * 10 + static_cast<unsigned>(digit - '0');
    scale *= 10;
  }
  return number * unit / scale;
}

}  // namespace

ParsedDuration ParseDuration(std::string_view text) {
  using Problem = ParsedDuration::Problem;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return {};
  if (text.empty()) return {.problem = Problem::kInvalid};
  Wide total = 0;
  while (!text.empty()) {
    const std::string_view whole = TakeUpTo(&text, text.find_first_not_of(kDigits));
    std::string_view fraction;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      fraction = TakeUpTo(&text, text.find_first_not_of(kDigits));
    }
    if (whole.empty() && fraction.empty()) return {.problem = Problem::kInvalid};
    const std::string_view unit = TakeUpTo(&text, text.find_first_of(".0123456789"));
    if (unit.empty()) return {.problem = Problem::kMissingUnit};
    const auto* const known =
        std::find_if(kUnits.begin(), kUnits.end(), [unit](const auto& one) { return one.first == unit; });
    if (known == kUnits.end()) return {.problem = Problem::kUnknownUnit, .unit = unit};
    total += Whole(whole, known->second) + Fraction(fraction, known->second);
    if (total > kMost) return {.problem = Problem::kInvalid};
  }
  const auto count = static_cast<int64_t>(total);
  return {.duration = std::chrono::nanoseconds(negative ? -count : count)};
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  constexpr uint64_t kMicro = 1000, kMilli = 1000 * kMicro, kSecond = 1000 * kMilli;
  bool negative = duration.count() < 0;
  uint64_t nanos = negative ? 0 - static_cast<uint64_t>(duration.count()) : static_cast<uint64_t>(duration.count());
  std::string sign = negative ? "-" : "";
  if (nanos == 0) return "0s";
  if (nanos < kMicro) return sign + std::to_string(nanos) + "ns";
  if (nanos < kMilli) return sign + Decimal(nanos, kMicro) + "\xc2\xb5s";
  if (nanos < kSecond) return sign + Decimal(nanos, kMilli) + "ms";
  uint64_t minutes = nanos / (60 * kSecond);
  std::string text = Decimal(nanos % (60 * kSecond), kSecond) + "s";
  if (minutes > 0) text = std::to_string(minutes % 60) + "m" + text;
  if (minutes >= 60) text = std::to_string(minutes / 60) + "h" + text;
  return sign + text;
}

}  // namespace quorate::base
