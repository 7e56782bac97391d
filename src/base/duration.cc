#include "quorate/base/duration.h"

#include <cstdint>

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

}  // namespace

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
