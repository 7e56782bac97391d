#include "src/ctl/log_line.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <ostream>

#include "src/ctl/json.h"

namespace quorate::ctl {
namespace {

std::string Timestamp() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  std::time_t seconds = micros / 1000000;
  std::tm utc;
  gmtime_r(&seconds, &utc);
  std::array<char, 32> day;
  size_t length = std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 16> fraction;
  std::snprintf(fraction.data(), fraction.size(), ".%06ldZ", static_cast<long>(micros % 1000000));
  return std::string(day.data(), length) + fraction.data();
}

}  // namespace

void WriteLogLine(std::ostream& log, std::string_view level, std::string_view caller, std::string_view message,
                  const LogFields& fields) {
  std::string line = "{\"level\":" + JsonString(level) + ",\"ts\":" + JsonString(Timestamp()) +
                     ",\"caller\":" + JsonString(caller) + ",\"msg\":" + JsonString(message);
  for (const auto& [name, value] : fields) line += "," + JsonString(name) + ":" + JsonString(value);
  log << line << "}\n" << std::flush;
}

}  // namespace quorate::ctl
