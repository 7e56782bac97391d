#pragma once

#include <cstdint>
#include <string>

namespace quorate::base {

// How many bytes of memory the process may use: what the machine has, or less where a control group it is in (of either
// version) allows less. Read anew with each call.
uint64_t MemoryLimit();

// The tightest limit of the control groups that `memberships` (as in /proc/self/cgroup) names and of those above them,
// where `root` is the file system that has them mounted under sys/fs/cgroup; UINT64_MAX: none.
uint64_t ControlGroupMemoryLimit(const std::string& memberships, const std::string& root);

}  // namespace quorate::base
