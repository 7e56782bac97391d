#pragma once

#include <string>

#include "quorate/base/status.h"

namespace quorate::utl {

// NotFound, in etcdutl's words, when nothing is there.
absl::Status CheckExists(const std::string& path);

}  // namespace quorate::utl
