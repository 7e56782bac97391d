#include "quorate/base/system_error.h"

#include <cerrno>
#include <system_error>

#include "quorate/base/disk_refusal.h"

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
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status SystemError(std::string_view action, const std::string& path, int error) {
  const std::string message = std::string(action) + " " + path + ": " + std::generic_category().message(error);
  const bool wants = error == EMFILE || error == ENFILE || error == ENOMEM;
  return wants ? WantOfDescriptorsOrMemory(message) : MakeStatus(CodeOf(error), message);
}

}  // namespace quorate::base
