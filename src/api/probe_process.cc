#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

// Fields of /proc/self/stat after the command's closing parenthesis, counted from 0 there (proc(5) counts from 3).
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<double> ReadStat() {
  const std::string text = ReadFile("/proc/self/stat");
  const size_t command_end = text.rfind(')');
  std::vector<double> fields;
  if (command_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(command_end + 1));
  for (std::string field; rest >> field;) fields.push_back(std::strtod(field.c_str(), nullptr));
  return fields;
}

double BootTimeSeconds() {
  std::istringstream stat(ReadFile("/proc/stat"));
  for (std::string line; std::getline(stat, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

size_t OpenFiles() {
  size_t files = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error)) {
    ++files;
  }
  return files;
}

double Limit(int resource) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? 18446744073709551615.0 : static_cast<double>(limit.rlim_cur);
}

// A column of the IpExt table of /proc/self/net/netstat: a line of names, then a line of numbers.
double IpExtension(const std::string& netstat, const std::string& column) {
  std::istringstream lines(netstat);
  std::string names, numbers;
  while (std::getline(lines, names) && std::getline(lines, numbers)) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_words(names), number_words(numbers);
    for (std::string name, number; name_words >> name && number_words >> number;) {
      if (name == column) return std::strtod(number.c_str(), nullptr);
    }
  }
  return 0;
}

}  // namespace

void ProbeProcess(MetricsPage& page) {
  const auto files = static_cast<double>(OpenFiles());
  const double files_max = Limit(RLIMIT_NOFILE);
  page.Gauge("process_open_fds", "Open file descriptors.", files);
  page.Gauge("process_max_fds", "File descriptors allowed.", files_max);
  page.Gauge("os_fd_used", "Open file descriptors.", files);
  page.Gauge("os_fd_limit", "File descriptors allowed.", files_max);
  page.Gauge("process_virtual_memory_max_bytes", "Address space allowed.", Limit(RLIMIT_AS));
  const std::string netstat = ReadFile("/proc/self/net/netstat");
  page.Counter("process_network_receive_bytes_total", "Bytes received by this network namespace.",
               IpExtension(netstat, "InOctets"));
  page.Counter("process_network_transmit_bytes_total", "Bytes sent by this network namespace.",
               IpExtension(netstat, "OutOctets"));
  const std::vector<double> stat = ReadStat();
  if (stat.size() <= kResidentPages) return;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  page.Counter("process_cpu_seconds_total", "CPU time used.", (stat[kUserTicks] + stat[kSystemTicks]) / ticks);
  page.Gauge("process_start_time_seconds", "When the process started.", BootTimeSeconds() + stat[kStartTicks] / ticks);
  page.Gauge("process_virtual_memory_bytes", "Address space in use.", stat[kVirtualBytes]);
  page.Gauge("process_resident_memory_bytes", "Memory in use.",
             stat[kResidentPages] * static_cast<double>(sysconf(_SC_PAGESIZE)));
}

}  // namespace quorate::api
