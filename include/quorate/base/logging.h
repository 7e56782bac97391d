#pragma once

// Log lines in etcd's shape: one JSON object a line with level, ts, caller, msg and the fields given, or console text.
//
//   QUORATE_LOG(kInfo, "opened the store", {{"path", path}, {"applied-index", 7}});
//
// Any thread, and nobody waits for the output: a thread of its own writes the lines, in the order in which they came.
// When an output takes nothing, a mebibyte of them waits, and what is beyond is left out and counted. What was logged
// before the process ends by exit(), a return from main() or a failed check is written first, when that takes no longer
// than a second. Setting up is the server's business; before it, lines go to standard error as JSON at level info.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kPanic, kFatal };

struct LogField {
  using Value = std::variant<std::string, int64_t, uint64_t, double, bool, std::vector<std::string>>;

  std::string_view name;
  Value value;

  LogField(std::string_view name, std::string_view text) : name(name), value(std::string(text)) {}
  LogField(std::string_view name, const char* text) : name(name), value(std::string(text)) {}
  LogField(std::string_view name, const std::string& text) : name(name), value(text) {}
  LogField(std::string_view name, std::vector<std::string> texts) : name(name), value(std::move(texts)) {}
  LogField(std::string_view name, bool truth) : name(name), value(truth) {}
  LogField(std::string_view name, double number) : name(name), value(number) {}
  LogField(std::string_view name, const absl::Status& status) : name(name), value(std::string(MessageOf(status))) {}
  template <typename Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
  LogField(std::string_view name, Integer number) : name(name), value(Widen(number)) {}

 private:
  template <typename Integer>
  static Value Widen(Integer number) {
    if constexpr (std::is_signed_v<Integer>)
      return static_cast<int64_t>(number);
    else
      return static_cast<uint64_t>(number);
  }
};

struct LoggingOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = true;  // false: console text
  // "default" and "stderr", "stdout", "systemd/journal", or file paths; "/dev/null" among them silences all.
  std::vector<std::string> outputs = {"stderr"};
};

// Parses debug, info, warn, error, panic, fatal (--log-level) in any case. As for zap, nothing is info, "warning" is
// warn, and "dpanic", a level that no line here has, leaves the lines of panic and fatal.
absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text);
// Not thread-safe; call once at start. Fails when an output file cannot be opened, and names it.
absl::Status SetUpLogging(const LoggingOptions& options);
bool IsLogged(LogLevel level);
void Log(LogLevel level, const char* file, int line, std::string_view message,
         std::initializer_list<LogField> fields = {});
// Waits until what was logged is written, for a second at most.
void FlushLogging();

}  // namespace quorate::base

#define QUORATE_LOG(level, ...)                                                                \
  do {                                                                                         \
    if (::quorate::base::IsLogged(::quorate::base::LogLevel::level))                           \
      ::quorate::base::Log(::quorate::base::LogLevel::level, __FILE__, __LINE__, __VA_ARGS__); \
  } while (false)
