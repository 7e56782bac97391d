#pragma once

#include <string>

#include "quorate/base/status.h"

namespace quorate::replica {

// Why the store in that directory could not be opened. What belongs to it and is not there is damage.
absl::Status StoreFailure(const std::string& directory, const absl::Status& status);

// An error of the member's files with what an operator can do about it behind it.
absl::Status WithWayOut(const absl::Status& status);

}  // namespace quorate::replica
