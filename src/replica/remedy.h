#pragma once

// What an operator is told when the files of a member cannot be used, and what to do about it.

#include <string>

#include "quorate/base/status.h"

namespace quorate::replica {

// Why the store in that directory could not be opened. What belongs to it and is not there is damage.
absl::Status StoreFailure(const std::string& directory, const absl::Status& status);

// An error of the member's files, and behind it what can be done about it.
absl::Status WithRemedy(const absl::Status& status);

}  // namespace quorate::replica
