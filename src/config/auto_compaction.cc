#include "src/config/auto_compaction.h"

#include <chrono>
#include <string>

#include "quorate/base/number.h"
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

}  // namespace

absl::StatusOr<AutoCompaction> ParseAutoCompaction(std::string_view mode, std::string_view retention) {
  const bool by_revision = mode == "revision";
  AutoCompaction compaction;
  if (retention.empty()) return compaction;
  nanoseconds amount{0};
  const auto [number, problem] = base::ParseSigned(retention, 10);
  if (problem == base::NumberProblem::kNone && number >= 0) {
    if (!by_revision && number > kHoursMax) return Invalid("more hours than can be counted: " + std::string(retention));
    amount = by_revision ? nanoseconds(number) : nanoseconds(hours(number));
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
