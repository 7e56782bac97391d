#include "quorate/base/duration.h"
#include "quorate/tool/values.h"

namespace quorate::tool {
namespace {

absl::Status Wrong(std::string_view problem, std::string_view text) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, "time: " + std::string(problem) + " " + Quote(text));
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  using Problem = base::ParsedDuration::Problem;
  const base::ParsedDuration parsed = base::ParseDuration(text);
  switch (parsed.problem) {
    case Problem::kNone:
      return parsed.duration;
    case Problem::kMissingUnit:
      return Wrong("missing unit in duration", text);
    case Problem::kUnknownUnit:
      return Wrong("unknown unit " + Quote(parsed.unit) + " in duration", text);
    case Problem::kInvalid:
      break;
  }
  return Wrong("invalid duration", text);
}

}  // namespace quorate::tool
