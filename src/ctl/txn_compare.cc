#include <optional>

#include "src/ctl/names.h"
#include "src/ctl/txn_syntax.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::Compare;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

size_t SkipBlanks(std::string_view& rest) {
  size_t length = 0;
  while (length < rest.size() && IsBlank(rest[length])) ++length;
  rest.remove_prefix(length);
  return length;
}

// Takes a literal in double or back quotes, with blanks before it; nothing if there is none or its escapes are wrong.
std::optional<std::string> TakeQuoted(std::string_view& rest) {
  SkipBlanks(rest);
  if (rest.empty() || (rest[0] != '"' && rest[0] != '`')) return std::nullopt;
  char quote = rest[0];
  size_t end = 1;
  while (end < rest.size() && rest[end] != quote) end += quote == '"' && rest[end] == '\\' ? 2 : 1;
  if (end >= rest.size()) return std::nullopt;
  absl::StatusOr<std::string> text = Unquote(rest.substr(0, end + 1));
  if (!text.ok()) return std::nullopt;
  rest.remove_prefix(end + 1);
  return *text;
}

// The three parts behind the opening parenthesis; what could not be read stays empty.
struct Parts {
  std::string key;
  std::string relation;
  std::string value;
  bool complete = false;
};

Parts TakeParts(std::string_view rest) {
  Parts parts;
  std::optional<std::string> key = TakeQuoted(rest);
  if (!key.has_value()) return parts;
  parts.key = *key;
  if (!rest.starts_with(')')) return parts;
  rest.remove_prefix(1);
  if (SkipBlanks(rest) == 0) return parts;
  size_t end = 0;
  while (end < rest.size() && !IsBlank(rest[end])) ++end;
  parts.relation = rest.substr(0, end);
  rest.remove_prefix(end);
  if (parts.relation.empty() || SkipBlanks(rest) == 0) return parts;
  std::optional<std::string> value = TakeQuoted(rest);
  if (!value.has_value()) return parts;
  parts.value = *value;
  parts.complete = true;
  return parts;
}

std::optional<Compare::CompareResult> RelationOf(const std::string& text) {
  if (text == "=") return Compare::EQUAL;
  if (text == "!=") return Compare::NOT_EQUAL;
  if (text == ">") return Compare::GREATER;
  if (text == "<") return Compare::LESS;
  return std::nullopt;
}

std::optional<Compare::CompareTarget> TargetOf(const std::string& text) {
  if (text == "ver" || text == "version") return Compare::VERSION;
  if (text == "c" || text == "create") return Compare::CREATE;
  if (text == "m" || text == "mod") return Compare::MOD;
  if (text == "val" || text == "value") return Compare::VALUE;
  if (text == "lease") return Compare::LEASE;
  return std::nullopt;
}

// False if the value is not of the target's kind.
bool SetValue(const std::string& text, Compare& compare) {
  if (compare.target() == Compare::VALUE) {
    compare.set_value(text);
    return true;
  }
  bool is_lease = compare.target() == Compare::LEASE;
  absl::StatusOr<int64_t> number = ParseInt(text, is_lease ? 16 : 10);
  if (!number.ok()) return false;
  if (is_lease) compare.set_lease(*number);
  if (compare.target() == Compare::VERSION) compare.set_version(*number);
  if (compare.target() == Compare::CREATE) compare.set_create_revision(*number);
  if (compare.target() == Compare::MOD) compare.set_mod_revision(*number);
  return true;
}

}  // namespace

absl::StatusOr<Compare> ParseCompare(const std::string& line) {
  const std::string malformed = "malformed comparison: " + line;
  size_t parenthesis = line.find('(');
  if (parenthesis == std::string::npos) return Fail(Exit::kInvalidInput, malformed);
  std::string target_name = line.substr(0, parenthesis);
  Parts parts = TakeParts(std::string_view(line).substr(parenthesis + 1));
  if (!parts.complete) {
    return Fail(Exit::kInvalidInput, malformed + "; got " + target_name + "(" + Quote(parts.key) + ") " +
                                         parts.relation + " " + Quote(parts.value));
  }
  std::optional<Compare::CompareTarget> target = TargetOf(target_name);
  if (!target.has_value()) {
    return Fail(Exit::kInvalidInput, malformed + " (unknown target " + target_name + ")");
  }
  Compare compare;
  compare.set_target(*target);
  compare.set_key(parts.key);
  if (!SetValue(parts.value, compare)) return Fail(Exit::kInvalidInput, "invalid txn compare request: " + line);
  std::optional<Compare::CompareResult> relation = RelationOf(parts.relation);
  if (!relation.has_value()) {
    return Fail(Exit::kInvalidInput, malformed + " (unknown relation " + parts.relation + ")");
  }
  compare.set_result(*relation);
  return compare;
}

}  // namespace quorate::ctl
