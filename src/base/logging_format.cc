#include "src/base/logging_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "quorate/base/json_string.h"

namespace quorate::base {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// A text that is longer is cut: a line that the queue of lines has no room for would not be written at all.
constexpr size_t kTextBytesMax = 64 << 10;

void AppendText(std::string_view text, std::string* out) {
  if (text.size() <= kTextBytesMax) return AppendJsonString(text, out);
  const std::string cut(text.substr(0, kTextBytesMax));
  AppendJsonString(cut + "... (cut, " + std::to_string(text.size()) + " bytes)", out);
}

// `gap` is what stands after a colon or comma: nothing in JSON lines, a space in console text.
struct ValueWriter {
  std::string* out;
  std::string_view gap;

  void operator()(const std::string& text) const { AppendText(text, out); }
  void operator()(bool truth) const { *out += truth ? "true" : "false"; }
  void operator()(int64_t number) const { AppendNumber(number); }
  void operator()(uint64_t number) const { AppendNumber(number); }
  void operator()(double number) const {
    // JSON has no notation for these.
    if (std::isnan(number)) {
      *out += "\"NaN\"";
    } else if (std::isinf(number)) {
      *out += number > 0 ? "\"+Inf\"" : "\"-Inf\"";
    } else {
      std::array<char, 512> digits;
      const auto end =
          std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed).ptr;
      out->append(digits.data(), end);
    }
  }
  void operator()(const std::vector<std::string>& texts) const {
    out->push_back('[');
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i > 0) out->append(",").append(gap);
      AppendText(texts[i], out);
    }
    out->push_back(']');
  }

 private:
  template <typename Number>
  void AppendNumber(Number number) const {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out->append(digits.data(), end);
  }
};

void AppendField(const LogField& field, std::string_view gap, std::string* out) {
  AppendJsonString(field.name, out);
  out->append(":").append(gap);
  std::visit(ValueWriter{out, gap}, field.value);
}

// "server/start.cc:42" for /any/where/src/server/start.cc.
std::string Caller(const char* file, int line) {
  const std::string_view path(file);
  std::string_view shown = path;
  const size_t last = path.rfind('/');
  if (last != std::string_view::npos && last > 0) {
    const size_t before = path.rfind('/', last - 1);
    if (before != std::string_view::npos) shown = path.substr(before + 1);
  }
  return std::string(shown) + ":" + std::to_string(line);
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kPanic:
      return "panic";
    case LogLevel::kFatal:
      return "fatal";
  }
  return "info";
}

std::string FormatLogTime(std::chrono::system_clock::time_point time) {
  const auto since_epoch = duration_cast<microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since_epoch / 1'000'000;
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text;
  size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &local);
  length +=
      std::snprintf(text.data() + length, text.size() - length, ".%06d", static_cast<int>(since_epoch % 1'000'000));
  if (local.tm_gmtoff == 0) {
    text[length++] = 'Z';
  } else {
    const long minutes = std::labs(local.tm_gmtoff) / 60;
    length += std::snprintf(text.data() + length, text.size() - length, "%c%02ld%02ld", local.tm_gmtoff < 0 ? '-' : '+',
                            minutes / 60, minutes % 60);
  }
  return std::string(text.data(), length);
}

std::string FormatJson(const LogLine& line) {
  std::string out = "{\"level\":\"";
  out.append(LogLevelName(line.level)).append("\",\"ts\":\"").append(FormatLogTime(line.time)).append("\",\"caller\":");
  AppendJsonString(Caller(line.file, line.line), &out);
  out.append(",\"msg\":");
  AppendJsonString(line.message, &out);
  for (const LogField& field : line.fields) {
    out.push_back(',');
    AppendField(field, "", &out);
  }
  out.push_back('}');
  return out;
}

std::string FormatConsole(const LogLine& line) {
  std::string out = FormatLogTime(line.time);
  out.append("\t").append(LogLevelName(line.level)).append("\t").append(Caller(line.file, line.line));
  out.append("\t").append(line.message);
  if (line.fields.size() == 0) return out;
  out.append("\t{");
  bool first = true;
  for (const LogField& field : line.fields) {
    if (!first) out.append(", ");
    first = false;
    AppendField(field, " ", &out);
  }
  out.push_back('}');
  return out;
}

}  // namespace quorate::base
