#include "src/base/system_error.h"

#include <cerrno>
#include <system_error>

namespace quorate::base {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    // Nor was anything done for want of these, and they come back too.
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status SystemError(std::string_view action, const std::string& path, int error) {
  const std::string reason = std::generic_category().message(error);
  return MakeStatus(CodeOf(error), std::string(action) + " " + path + ": " + reason);
}

}  // namespace quorate::base
