#pragma once

#include <string_view>

#include "quorate/base/status.h"

namespace quorate::base {

// Whether nothing was written, rather than something failed: the disk is full (ResourceExhausted) or read-only
// (PermissionDenied), or descriptors or memory are wanting. What was to be written may be tried again. After any other
// failure of a write nothing is certain.
inline bool IsDiskRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted || status.code() == absl::StatusCode::kPermissionDenied;
}

// Nothing was done for want of file descriptors or memory: ResourceExhausted, marked so that it can be told apart from
// a full disk. A status made anew of its code and message is not marked.
absl::Status WantOfDescriptorsOrMemory(std::string_view message);
bool IsWantOfDescriptorsOrMemory(const absl::Status& status);

}  // namespace quorate::base
