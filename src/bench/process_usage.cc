#include "src/bench/process_usage.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace quorate::bench {

namespace {

std::string ProcFile(int pid, const char* name) { return "/proc/" + std::to_string(pid) + "/" + name; }

int64_t PeakResidentBytes(int pid) {
  constexpr int64_t kBytesPerKb = 1024;
  std::ifstream file(ProcFile(pid, "status"));
  for (std::string word; file >> word;) {
    int64_t kilobytes = 0;
    if (word == "VmHWM:" && file >> kilobytes) return kilobytes * kBytesPerKb;
  }
  return 0;
}

}  // namespace

void ForgetPeak(int pid) {
  constexpr char kResetPeak[] = "5";
  std::ofstream(ProcFile(pid, "clear_refs")) << kResetPeak;
}

std::optional<ProcessUsage> UsageOf(int pid) {
  std::ifstream file(ProcFile(pid, "stat"));
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The command name, in parentheses, may hold anything. What follows starts with field 3 of proc(5).
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  int64_t user_ticks = 0;
  int64_t system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  for (int field = 16; field < 24; ++field) fields >> skipped;
  int64_t resident_pages = 0;
  fields >> resident_pages;
  if (!fields) return std::nullopt;

  constexpr int64_t kNsPerSecond = 1'000'000'000;
  ProcessUsage usage;
  usage.cpu_ns = (user_ticks + system_ticks) * (kNsPerSecond / sysconf(_SC_CLK_TCK));
  usage.resident_bytes = resident_pages * sysconf(_SC_PAGESIZE);
  usage.peak_resident_bytes = PeakResidentBytes(pid);
  return usage;
}

}  // namespace quorate::bench
