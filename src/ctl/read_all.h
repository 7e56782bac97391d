#pragma once

#include <iosfwd>
#include <string>

#include "quorate/base/status.h"

namespace quorate::ctl {

// An input to its end: from the descriptor if it is not negative, since a stream does not tell an error from the end,
// else from `in`. Nothing was read of it before.
absl::StatusOr<std::string> ReadAll(std::istream& in, int descriptor);

}  // namespace quorate::ctl
