#include <array>
#include <limits>
#include <utility>

#include "src/ctl/values.h"

namespace quorate::ctl {
namespace {

constexpr std::array<std::pair<std::string_view, int64_t>, 8> kUnits = {{
    {"ns", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000},  // micro sign
    {"\xce\xbcs", 1000},  // Greek mu
    {"ms", 1000 * 1000},
    {"s", 1000 * 1000 * 1000},
    {"m", 60LL * 1000 * 1000 * 1000},
    {"h", 3600LL * 1000 * 1000 * 1000},
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status Wrong(std::string_view problem, std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "time: " + std::string(problem) + " " + Quote(text));
}

std::string_view TakeWhile(std::string_view& rest, bool (*wanted)(char)) {
  size_t length = 0;
  while (length < rest.size() && wanted(rest[length])) ++length;
  std::string_view taken = rest.substr(0, length);
  rest.remove_prefix(length);
  return taken;
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  std::string_view rest = text;
  bool negative = !rest.empty() && rest[0] == '-';
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) rest.remove_prefix(1);
  if (rest == "0") return Duration(0);
  if (rest.empty()) return Wrong("invalid duration", text);
  long double total = 0;
  while (!rest.empty()) {
    std::string_view whole = TakeWhile(rest, IsDigit);
    std::string_view fraction;
    bool dotted = !rest.empty() && rest[0] == '.';
    if (dotted) {
      rest.remove_prefix(1);
      fraction = TakeWhile(rest, IsDigit);
    }
    if (whole.empty() && fraction.empty()) return Wrong("invalid duration", text);
    std::string_view unit = TakeWhile(rest, [](char c) { return c != '.' && !IsDigit(c); });
    if (unit.empty()) return Wrong("missing unit in duration", text);
    int64_t scale = 0;
    for (const auto& [name, nanos] : kUnits) scale = unit == name ? nanos : scale;
    if (scale == 0) return Wrong("unknown unit " + Quote(unit) + " in duration", text);
    std::string number = std::string(whole.empty() ? "0" : whole) + "." + std::string(fraction);
    total += std::stold(number) * static_cast<long double>(scale);
    if (total > static_cast<long double>(std::numeric_limits<int64_t>::max())) {
      return Wrong("invalid duration", text);
    }
  }
  auto nanos = static_cast<int64_t>(total);
  return Duration(negative ? -nanos : nanos);
}

}  // namespace quorate::ctl
