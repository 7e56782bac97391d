#include "src/rpc/grpc_timeout.h"

namespace quorate::rpc {
namespace {

// Eight digits and the unit.
constexpr size_t kLengthMax = 9;

std::optional<int64_t> UnitNanoseconds(char unit) {
  switch (unit) {
    case 'H':
      return int64_t{3600} * 1000 * 1000 * 1000;
    case 'M':
      return int64_t{60} * 1000 * 1000 * 1000;
    case 'S':
      return int64_t{1000} * 1000 * 1000;
    case 'm':
      return 1000 * 1000;
    case 'u':
      return 1000;
    case 'n':
      return 1;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view text, std::string* error) {
  const auto fail = [&](std::string_view why) {
    *error = std::string(why) + ": \"" + std::string(text) + "\"";
    return std::nullopt;
  };
  if (text.size() < 2) return fail("transport: timeout string is too short");
  if (text.size() > kLengthMax) return fail("transport: timeout string is too long");
  const std::optional<int64_t> unit = UnitNanoseconds(text.back());
  if (!unit.has_value()) return fail("transport: timeout unit is not recognized");
  int64_t count = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return fail("transport: timeout is not a number");
    count = count * 10 + (digit - '0');
  }
  // 99,999,999 hours do not fit.
  if (count > INT64_MAX / *unit) return std::chrono::nanoseconds::max();
  return std::chrono::nanoseconds(count * *unit);
}

}  // namespace quorate::rpc
