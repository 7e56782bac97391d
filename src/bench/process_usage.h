#pragma once

#include <cstdint>
#include <optional>

namespace quorate::bench {

// What a process has used so far, from /proc.
struct ProcessUsage {
  int64_t cpu_ns = 0;
  int64_t resident_bytes = 0;
  // The most since ForgetPeak(), or since the start.
  int64_t peak_resident_bytes = 0;
};

// Nothing when there is no such process.
std::optional<ProcessUsage> UsageOf(int pid);
// Lets the peak begin anew, where the caller may.
void ForgetPeak(int pid);

}  // namespace quorate::bench
