#pragma once

#include <string>
#include <string_view>

namespace quorate::tool {

// The version that etcd's tool of that name would tell, in the words scripts look for, and behind it this tool's own.
std::string ShowVersions(std::string_view etcds_tool, std::string_view tool);

}  // namespace quorate::tool
