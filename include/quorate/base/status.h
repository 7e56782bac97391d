#pragma once

// Results that cross a module's face are absl::Status / absl::StatusOr. The codes are gRPC's, the message is what a
// client sees.

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quorate::base {

// Debian's Abseil has a string_view of its own, which std::string_view does not convert to; these two bridge it.
inline absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return absl::Status(code, absl::string_view(message.data(), message.size()));
}
inline std::string_view MessageOf(const absl::Status& status) {
  absl::string_view message = status.message();
  return {message.data(), message.size()};
}

}  // namespace quorate::base

#define QUORATE_RETURN_IF_ERROR(expression)                                                      \
  do {                                                                                           \
    if (absl::Status quorate_status = (expression); !quorate_status.ok()) return quorate_status; \
  } while (false)

#define QUORATE_CONCAT_INNER(a, b) a##b
#define QUORATE_CONCAT(a, b) QUORATE_CONCAT_INNER(a, b)
// QUORATE_ASSIGN_OR_RETURN(auto value, ExpressionOfStatusOr());
#define QUORATE_ASSIGN_OR_RETURN(declaration, expression) \
  QUORATE_ASSIGN_OR_RETURN_INNER(QUORATE_CONCAT(quorate_or_, __LINE__), declaration, expression)
#define QUORATE_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result.ok()) return std::move(result).status();                  \
  declaration = *std::move(result)
