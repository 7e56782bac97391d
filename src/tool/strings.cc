#include <array>
#include <cstdio>
#include <utility>

#include "quorate/base/utf8.h"
#include "quorate/tool/values.h"

namespace quorate::tool {
namespace {

constexpr uint32_t kMaxRune = 0x10FFFF;

// Code points outside ASCII that are shown as escapes: controls, separators, formats, private and unassigned ones.
constexpr std::array<std::pair<uint32_t, uint32_t>, 18> kUnprintable = {{
    {0x80, 0xA0},
    {0xAD, 0xAD},
    {0x378, 0x379},
    {0x61C, 0x61C},
    {0x1680, 0x1680},
    {0x180E, 0x180E},
    {0x2000, 0x200F},
    {0x2028, 0x202F},
    {0x205F, 0x206F},
    {0x3000, 0x3000},
    {0xD800, 0xF8FF},
    {0xFDD0, 0xFDEF},
    {0xFEFF, 0xFEFF},
    {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},
    {0x1FFFE, 0x1FFFF},
    {0x2FFFE, 0x2FFFF},
    {0xE0000, kMaxRune},
}};

struct Rune {
  uint32_t value = 0;
  size_t length = 1;
  bool valid = false;
};

// The code point at the front of `text`, which is not empty; an invalid one is one byte long.
Rune DecodeRune(std::string_view text) {
  const size_t length = base::Utf8Length(text);
  if (length == 0) return {};
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return {byte(0), 1, true};
  uint32_t value = byte(0) & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) value = (value << 6) | (byte(i) & 0x3F);
  return {value, length, true};
}

bool IsPrintable(uint32_t rune) {
  if (rune < 0x80) return rune >= 0x20 && rune < 0x7F;
  for (const auto& [from, to] : kUnprintable) {
    if (rune >= from && rune <= to) return false;
  }
  return true;
}

std::string Escape(const char* format, uint32_t value) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

void AppendRune(std::string& out, uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0 | (rune >> 6));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0 | (rune >> 12));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (rune >> 18));
    out += static_cast<char>(0x80 | ((rune >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  }
}

// One-letter escapes and the bytes they stand for, in the same order.
constexpr std::string_view kEscapeLetters = "abfnrtv\\\"";
constexpr std::string_view kEscapedBytes = "\a\b\f\n\r\t\v\\\"";

// Reads `count` digits of `base` from the front of `rest`; false if they are not there.
bool TakeDigits(std::string_view& rest, size_t count, uint32_t base, uint32_t& value) {
  if (rest.size() < count) return false;
  value = 0;
  for (char c : rest.substr(0, count)) {
    uint32_t digit = c >= '0' && c <= '9'   ? c - '0'
                     : c >= 'a' && c <= 'f' ? c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : 16;
    if (digit >= base) return false;
    value = value * base + digit;
  }
  rest.remove_prefix(count);
  return true;
}

// What stands behind a backslash.
bool TakeEscape(std::string_view& rest, std::string& out) {
  if (rest.empty()) return false;
  char letter = rest[0];
  uint32_t value = 0;
  if (size_t at = kEscapeLetters.find(letter); at != std::string_view::npos) {
    out += kEscapedBytes[at];
    rest.remove_prefix(1);
    return true;
  }
  if (letter >= '0' && letter <= '7') {
    if (!TakeDigits(rest, 3, 8, value) || value > 0xFF) return false;
    out += static_cast<char>(value);
    return true;
  }
  size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
  if (digits == 0) return false;
  rest.remove_prefix(1);
  if (!TakeDigits(rest, digits, 16, value)) return false;
  if (letter == 'x') {
    out += static_cast<char>(value);
    return true;
  }
  if (value > kMaxRune || (value >= 0xD800 && value <= 0xDFFF)) return false;
  AppendRune(out, value);
  return true;
}

absl::Status InvalidSyntax() { return base::MakeStatus(absl::StatusCode::kInvalidArgument, "invalid syntax"); }

absl::Status WrongList(size_t column, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "parse error on line 1, column " + std::to_string(column) + ": " + std::string(problem));
}

}  // namespace

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    Rune rune = DecodeRune(text);
    std::string_view bytes = text.substr(0, rune.length);
    if (!rune.valid) {
      quoted += Escape("\\x%02x", static_cast<unsigned char>(text[0]));
    } else if (size_t at = kEscapedBytes.find(bytes); rune.length == 1 && at != std::string_view::npos) {
      quoted += '\\';
      quoted += kEscapeLetters[at];
    } else if (IsPrintable(rune.value)) {
      quoted += bytes;
    } else {
      quoted += Escape(rune.value < 0x80 ? "\\x%02x" : rune.value < 0x10000 ? "\\u%04x" : "\\U%08x", rune.value);
    }
    text.remove_prefix(rune.length);
  }
  return quoted + "\"";
}

absl::StatusOr<std::string> Unquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return InvalidSyntax();
  char quote = literal.front();
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string text;
  if (quote == '`') {
    if (rest.find('`') != std::string_view::npos) return InvalidSyntax();
    for (char c : rest) {
      if (c != '\r') text += c;
    }
    return text;
  }
  if (quote != '"') return InvalidSyntax();
  while (!rest.empty()) {
    char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"' || c == '\n') return InvalidSyntax();
    if (c != '\\') {
      text += c;
    } else if (!TakeEscape(rest, text)) {
      return InvalidSyntax();
    }
  }
  return text;
}

absl::StatusOr<std::vector<std::string>> ParseList(std::string_view text) {
  std::vector<std::string> fields;
  if (text.empty()) return fields;
  size_t at = 0;
  for (bool more = true; more;) {
    std::string field;
    if (at < text.size() && text[at] == '"') {
      ++at;
      for (bool open = true; open;) {
        size_t end = text.find('"', at);
        if (end == std::string_view::npos)
          return WrongList(text.size() + 1, "extraneous or missing \" in quoted-field");
        field += text.substr(at, end - at);
        at = end + 1;
        open = at < text.size() && text[at] == '"';
        if (open) field += text[at++];
      }
      if (at < text.size() && text[at] != ',') return WrongList(at, "extraneous or missing \" in quoted-field");
    } else {
      size_t end = std::min(text.find(',', at), text.size());
      field = text.substr(at, end - at);
      if (size_t quote = field.find('"'); quote != std::string::npos) {
        return WrongList(at + quote + 1, "bare \" in non-quoted-field");
      }
      at = end;
    }
    fields.push_back(std::move(field));
    more = at < text.size();
    ++at;
  }
  return fields;
}

}  // namespace quorate::tool
