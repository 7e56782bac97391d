#include "src/config/auto_compaction.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <string>

#include "src/config/value.h"

namespace quorate::config {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

constexpr int64_t kHoursMax = nanoseconds::max() / nanoseconds(hours(1));

absl::Status Invalid(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "error parsing CompactionRetention: " + std::string(message));
}

// Decimal digits with or without a sign, as Go's Atoi takes them.
std::optional<int64_t> ReadDecimal(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<AutoCompaction> ParseAutoCompaction(std::string_view mode, std::string_view retention) {
  const bool by_revision = mode == "revision";
  AutoCompaction compaction;
  if (retention.empty()) return compaction;
  nanoseconds amount{0};
  if (const std::optional<int64_t> number = ReadDecimal(retention); number.has_value() && *number >= 0) {
    if (!by_revision && *number > kHoursMax)
      return Invalid("more hours than can be counted: " + std::string(retention));
    amount = by_revision ? nanoseconds(*number) : nanoseconds(hours(*number));
  } else {
    const absl::StatusOr<nanoseconds> duration = ParseDuration(retention);
    if (!duration.ok()) return Invalid(base::MessageOf(duration.status()));
    amount = *duration;
  }
  if (amount.count() < 0) return Invalid("a retention cannot be negative: " + std::string(retention));
  if (by_revision) {
    compaction.revisions = amount.count();
  } else {
    compaction.period = amount;
  }
  return compaction;
}

}  // namespace quorate::config
