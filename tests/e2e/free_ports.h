#pragma once

#include <vector>

namespace quorate::testing {

// So many different TCP ports of 127.0.0.1 on which nothing listened a moment ago.
std::vector<int> FreePorts(int count);

}  // namespace quorate::testing
