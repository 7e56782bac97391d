#include "quorate/tool/versions.h"

#include "quorate/base/version.h"

namespace quorate::tool {

std::string ShowVersions(std::string_view etcds_tool, std::string_view tool) {
  std::string text(etcds_tool);
  text.append(" version: ").append(base::kEtcdVersion);
  text.append("\nAPI version: ").append(base::kEtcdApiVersion).append("\n");
  return text.append(tool).append(" version: ").append(base::kQuorateVersion).append("\n");
}

}  // namespace quorate::tool
