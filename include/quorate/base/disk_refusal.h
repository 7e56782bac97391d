#pragma once

#include "quorate/base/status.h"

namespace quorate::base {

// Whether the disk took nothing, being full (ResourceExhausted) or read-only (PermissionDenied), rather than failed:
// what was to be written may be tried again. After any other failure of a write nothing is certain.
inline bool IsDiskRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted || status.code() == absl::StatusCode::kPermissionDenied;
}

}  // namespace quorate::base
