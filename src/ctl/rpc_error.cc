#include "src/ctl/rpc_error.h"

#include <array>
#include <set>

#include "quorate/base/errors.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

bool IsApiError(std::string_view message) {
#define QUORATE_ERROR_TEXT(Function, code, text) text,
  static const auto* const kTexts = new std::set<std::string_view>{QUORATE_API_ERRORS(QUORATE_ERROR_TEXT)};
#undef QUORATE_ERROR_TEXT
  return kTexts->contains(message);
}

std::string RpcErrorText(int grpc_code, std::string_view message) {
  constexpr std::array<const char*, 17> kNames = {
      "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
      "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
      "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
      "DataLoss", "Unauthenticated"};
  auto index = static_cast<size_t>(grpc_code);
  std::string name = index < kNames.size() ? kNames[index] : "Code(" + std::to_string(grpc_code) + ")";
  // Limits are named as Go's client names them.
  std::string prefix = message.starts_with("Received message larger than max") ? "grpc: r" : "";
  if (!prefix.empty()) message.remove_prefix(1);
  return "rpc error: code = " + name + " desc = " + prefix + std::string(message);
}

absl::Status MalformedAnswer() { return Fail(Exit::kError, "the server's answer is malformed"); }

}  // namespace quorate::ctl
