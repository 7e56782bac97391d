#include "quorate/base/memory_limit.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string_view>

namespace quorate::base {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// Not a number: `max`, or no such file.
uint64_t ReadLimit(const std::string& path) {
  uint64_t bytes;
  return std::ifstream(path) >> bytes ? bytes : kNoLimit;
}

// Of the group and all above it. Inside a container the group may be named as the machine sees it, while its files are
// where the container's root group is.
uint64_t TightestLimit(const std::string& mount, std::string group, const std::string& file) {
  uint64_t limit = ReadLimit(mount + "/" + file);
  while (!group.empty() && group != "/") {
    limit = std::min(limit, ReadLimit(mount + group + "/" + file));
    group.resize(group.rfind('/'));
  }
  return limit;
}

bool HasController(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == wanted) return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

uint64_t ControlGroupMemoryLimit(const std::string& memberships, const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  uint64_t limit = kNoLimit;
  std::istringstream lines(memberships);
  for (std::string line; std::getline(lines, line);) {
    // hierarchy:controllers:group
    const size_t first = line.find(':');
    const size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (!group.starts_with('/')) continue;
    if (controllers.empty()) {
      limit = std::min(limit, TightestLimit(mount, group, "memory.max"));
    } else if (HasController(controllers, "memory")) {
      limit = std::min(limit, TightestLimit(mount + "/memory", group, "memory.limit_in_bytes"));
    }
  }
  return limit;
}

uint64_t MemoryLimit() {
  const uint64_t machine = static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGE_SIZE);
  std::ifstream file("/proc/self/cgroup");
  const std::string memberships{std::istreambuf_iterator<char>(file), {}};
  return std::min(machine, ControlGroupMemoryLimit(memberships, ""));
}

}  // namespace quorate::base
