#pragma once

#include <cstdint>
#include <optional>

namespace quorate::bench {

// What a process has used so far, from /proc.
struct ProcessUsage {
  int64_t cpu_ns = 0;
  int64_t resident_bytes = 0;
};

// Nothing when there is no such process.
std::optional<ProcessUsage> UsageOf(int pid);

}  // namespace quorate::bench
