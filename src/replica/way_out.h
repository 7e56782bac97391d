#pragma once

#include "quorate/base/status.h"

namespace quorate::replica {

// An error of the member's files with what an operator can do about it behind it.
absl::Status WithWayOut(const absl::Status& status);

}  // namespace quorate::replica
