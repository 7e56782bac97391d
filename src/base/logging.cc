#include "quorate/base/logging.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "src/base/log_writer.h"
#include "src/base/logging_format.h"
#include "src/base/logging_sink.h"

namespace quorate::base {
namespace {

struct Logging {
  std::atomic<LogWriter*> writer = nullptr;
  bool json = true;
};

std::atomic<LogLevel> level_least = LogLevel::kInfo;
// The end of the process waits so long for an output that takes nothing.
constexpr std::chrono::milliseconds kFlushPatience{1000};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kPanic:
    case LogLevel::kFatal:
      return spdlog::level::critical;
  }
  return spdlog::level::info;
}

std::string Format(const Logging& logging, const LogLine& line) {
  return logging.json ? FormatJson(line) : FormatConsole(line);
}

LogWriter* MakeWriter(const Logging& logging, LogWriter::Sinks sinks) {
  return new LogWriter(std::move(sinks), [&logging](uint64_t lines) {
    return Format(logging, {LogLevel::kWarn,
                            std::chrono::system_clock::now(),
                            __FILE__,
                            __LINE__,
                            "log lines are missing here: the output took no more",
                            {{"lines", lines}}});
  });
}

Logging& TheLogging();

void ContinueInChild() {
  Logging& logging = TheLogging();
  logging.writer = new LogWriter(logging.writer.load()->sinks());
}

Logging* MakeLogging() {
  auto* logging = new Logging;
  logging->writer = MakeWriter(*logging, {*OpenLogSink("stderr")});
  std::atexit(FlushLogging);
  ::pthread_atfork(nullptr, nullptr, ContinueInChild);
  return logging;
}

// Never destroyed: threads may log until the very end of the process.
Logging& TheLogging() {
  static Logging* logging = MakeLogging();
  return *logging;
}

absl::Status InvalidOutputs(std::string_view reason) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, "--log-outputs: " + std::string(reason));
}

// Each output once, in a fixed order; /dev/null among them silences all.
absl::StatusOr<std::vector<std::string>> MergeOutputs(std::vector<std::string> outputs) {
  const auto contains = [&](std::string_view output) {
    return std::find(outputs.begin(), outputs.end(), output) != outputs.end();
  };
  if (outputs.empty()) return std::vector<std::string>{"stderr"};
  if (outputs.size() > 1) {
    if (contains("default")) return InvalidOutputs("'default' cannot be combined with others; use 'stderr'");
    if (contains("systemd/journal")) return InvalidOutputs("'systemd/journal' cannot be combined with others");
  }
  if (contains("")) return InvalidOutputs("an output is empty");
  if (contains("/dev/null")) return std::vector<std::string>{};
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  return outputs;
}

}  // namespace

absl::StatusOr<LogLevel> ParseLogLevel(std::string_view text) {
  constexpr std::array kLevels = {LogLevel::kDebug, LogLevel::kInfo,  LogLevel::kWarn,
                                  LogLevel::kError, LogLevel::kPanic, LogLevel::kFatal};
  std::string name(text);
  absl::AsciiStrToLower(&name);
  if (name.empty()) return LogLevel::kInfo;
  if (name == "warning") return LogLevel::kWarn;
  if (name == "dpanic") return LogLevel::kPanic;
  for (const LogLevel level : kLevels) {
    if (LogLevelName(level) == name) return level;
  }
  return MakeStatus(absl::StatusCode::kInvalidArgument, "--log-level: unknown level '" + std::string(text) +
                                                            "'; known: debug, info, warn, error, panic, fatal");
}

absl::Status SetUpLogging(const LoggingOptions& options) {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> outputs, MergeOutputs(options.outputs));
  std::vector<spdlog::sink_ptr> sinks;
  for (const std::string& output : outputs) {
    QUORATE_ASSIGN_OR_RETURN(spdlog::sink_ptr sink, OpenLogSink(output));
    sinks.push_back(std::move(sink));
  }
  FlushLogging();
  Logging& logging = TheLogging();
  logging.json = options.json;
  logging.writer.load()->SetSinks(std::move(sinks));
  level_least.store(options.level, std::memory_order_relaxed);
  return absl::OkStatus();
}

bool IsLogged(LogLevel level) { return level >= level_least.load(std::memory_order_relaxed); }

void Log(LogLevel level, const char* file, int line, std::string_view message, std::initializer_list<LogField> fields) {
  const Logging& logging = TheLogging();
  logging.writer.load()->Write(
      ToSpdlog(level), Format(logging, {level, std::chrono::system_clock::now(), file, line, message, fields}));
  if (level >= LogLevel::kPanic) FlushLogging();
}

void FlushLogging() { TheLogging().writer.load()->Flush(kFlushPatience); }

}  // namespace quorate::base
