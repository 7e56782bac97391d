#pragma once

// Turns one log call into one line of text, in the two forms etcd writes.

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "quorate/base/logging.h"

namespace quorate::base {

struct LogLine {
  LogLevel level;
  std::chrono::system_clock::time_point time;
  const char* file;
  int line;
  std::string_view message;
  std::initializer_list<LogField> fields;
};

std::string_view LogLevelName(LogLevel level);
// "2026-11-21T08:00:00.123456Z", or with "+0200" where the machine's zone is not UTC. Always six decimals.
std::string FormatLogTime(std::chrono::system_clock::time_point time);

// Without the newline. The JSON form never contains one.
std::string FormatJson(const LogLine& line);
// Tab-separated: time, level, caller, message, then the fields as a JSON object if there are any.
std::string FormatConsole(const LogLine& line);

}  // namespace quorate::base
