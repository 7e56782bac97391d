#include "src/config/flag_set.h"

#include <array>

#include "quorate/base/check.h"

namespace quorate::config {
namespace {

constexpr std::array<std::string_view, 2> kPrefixes = {"QUORATE", "ETCD"};  // the first wins

absl::Status Invalid(const std::string& message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

bool IsOneOf(std::string_view word, std::string_view choices) {
  for (;;) {
    const size_t comma = choices.find(',');
    if (choices.substr(0, comma) == word) return true;
    if (comma == std::string_view::npos) return false;
    choices.remove_prefix(comma + 1);
  }
}

std::string WithSpaces(std::string_view choices) {
  std::string out;
  for (const char character : choices) {
    out.push_back(character);
    if (character == ',') out.push_back(' ');
  }
  return out;
}

// --version is a question; ETCD_VERSION in an environment only says which etcd an image was made for.
bool IsEnvironmentFlag(const Flag& flag) { return flag.name != "version"; }

Value DefaultOf(const Flag& flag) {
  absl::StatusOr<Value> value = ParseValue(flag.type, flag.default_text);
  QUORATE_CHECK(value.ok()) << "default of --" << flag.name;
  return *std::move(value);
}

}  // namespace

absl::Status FlagSet::Set(const Flag& flag, std::string_view text, std::string source) {
  if (flag.section == Section::kIgnored) return absl::OkStatus();
  absl::StatusOr<Value> value = ParseValue(flag.type, text);
  if (!value.ok()) return Invalid(source + ": " + std::string(base::MessageOf(value.status())));
  if (flag.type == FlagType::kChoice && !IsOneOf(text, flag.choices)) {
    return Invalid(source + ": \"" + std::string(text) + "\" is none of " + WithSpaces(flag.choices));
  }
  // As etcd: an empty list of URLs is no list, the default stays; but the flag counts as given.
  if (flag.type == FlagType::kUrls && text.empty()) value = DefaultOf(flag);
  given_.insert_or_assign(std::string(flag.name), Given{*std::move(value), std::move(source)});
  return absl::OkStatus();
}

absl::Status FlagSet::ReadOne(const std::vector<std::string>& arguments, size_t* at) {
  const std::string& argument = arguments[(*at)++];
  std::string_view name = argument;
  name.remove_prefix(name.starts_with("--") ? 2 : 1);
  if (name.empty() || name.front() == '-' || name.front() == '=') return Invalid("bad flag syntax: " + argument);
  const size_t equals = name.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view value = has_value ? name.substr(equals + 1) : std::string_view();
  name = name.substr(0, equals);
  if (name == "h" || name == "help") {
    wants_help_ = true;
    return absl::OkStatus();
  }
  const Flag* flag = FindFlag(name);
  if (flag == nullptr) {
    return Invalid("flag provided but not defined: --" + std::string(name) + "; the nearest known flag is --" +
                   std::string(NearestFlagName(name)) + " (--help lists all)");
  }
  const std::string source = "--" + std::string(name);
  if (has_value) return Set(*flag, value, source);
  if (flag->type == FlagType::kBool) return Set(*flag, "true", source);
  if (*at == arguments.size()) return Invalid("flag needs an argument: " + source);
  return Set(*flag, arguments[(*at)++], source);
}

absl::Status FlagSet::ReadCommandLine(const std::vector<std::string>& arguments) {
  for (size_t at = 0; at < arguments.size() && !wants_help_;) {
    const bool ends_flags = arguments[at] == "--";
    if (ends_flags && ++at == arguments.size()) break;
    const std::string& argument = arguments[at];
    if (ends_flags || argument.size() < 2 || argument.front() != '-') {
      return Invalid("\"" + argument + "\" is not a valid flag");
    }
    QUORATE_RETURN_IF_ERROR(ReadOne(arguments, &at));
  }
  return absl::OkStatus();
}

absl::Status FlagSet::ReadEnvironment(const std::vector<std::string>& environment) {
  std::map<std::string, std::string, std::less<>> variables;
  for (const std::string& variable : environment) {
    const size_t equals = variable.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view name = std::string_view(variable).substr(0, equals);
    if (name.starts_with("ETCD_") || name.starts_with("QUORATE_")) {
      variables.emplace(name, variable.substr(equals + 1));
    }
  }
  for (const Flag& flag : Flags()) {
    if (!IsEnvironmentFlag(flag)) continue;
    for (const std::string_view prefix : kPrefixes) {
      const auto variable = variables.find(EnvironmentName(prefix, flag.name));
      if (variable == variables.end()) continue;
      const auto [name, value] = *variable;
      variables.erase(variable);
      if (value.empty()) continue;
      if (const auto shadow = given_.find(flag.name); shadow != given_.end()) {
        warnings_.push_back("environment variable " + name + " is ignored: " + shadow->second.source + " is given too");
        continue;
      }
      QUORATE_RETURN_IF_ERROR(Set(flag, value, name));
    }
  }
  for (const auto& [name, value] : variables) {
    warnings_.push_back("environment variable " + name + " is ignored: no flag has this name");
  }
  return absl::OkStatus();
}

absl::Status FlagSet::CheckSupport() {
  for (const Flag& flag : Flags()) {
    const auto given = given_.find(flag.name);
    if (given == given_.end() || flag.support == Support::kWorks || given->second.value == DefaultOf(flag)) continue;
    if (flag.support == Support::kNotYet) {
      return base::MakeStatus(absl::StatusCode::kUnimplemented, given->second.source + ": not yet supported");
    }
    std::string warning = given->second.source + " has no effect here";
    if (!flag.help.empty()) warning.append(": ").append(flag.help);
    warnings_.push_back(std::move(warning));
  }
  return absl::OkStatus();
}

std::string FlagSet::SourceOf(std::string_view name) const {
  const auto given = given_.find(name);
  return given == given_.end() ? "--" + std::string(name) : given->second.source;
}

Value FlagSet::Find(std::string_view name) const {
  if (const auto given = given_.find(name); given != given_.end()) return given->second.value;
  const Flag* flag = FindFlag(name);
  QUORATE_CHECK(flag != nullptr) << "no flag --" << name;
  return DefaultOf(*flag);
}

}  // namespace quorate::config
