#include "quorate/tool/failure.h"

#include <cstring>

#include "absl/strings/cord.h"

namespace quorate::tool {
namespace {

constexpr char kExitPayload[] = "quorate.tool/exit";
constexpr char kSilentPayload[] = "quorate.tool/silent";

}  // namespace

absl::Status Fail(Exit exit, std::string_view message) {
  absl::Status failure = base::MakeStatus(absl::StatusCode::kUnknown, message);
  failure.SetPayload(kExitPayload, absl::Cord(std::to_string(static_cast<int>(exit))));
  return failure;
}

std::string ReasonOf(int error) {
  std::string reason = std::strerror(error);
  if (reason[0] >= 'A' && reason[0] <= 'Z') reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return reason;
}

absl::Status FailSilently(Exit exit) {
  absl::Status failure = Fail(exit, "");
  failure.SetPayload(kSilentPayload, absl::Cord("1"));
  return failure;
}

Exit ExitOf(const absl::Status& failure) {
  auto payload = failure.GetPayload(kExitPayload);
  return payload.has_value() ? static_cast<Exit>(std::stoi(std::string(*payload))) : Exit::kError;
}

bool IsFailure(const absl::Status& status) { return status.GetPayload(kExitPayload).has_value(); }

bool IsSilent(const absl::Status& failure) { return failure.GetPayload(kSilentPayload).has_value(); }

}  // namespace quorate::tool
