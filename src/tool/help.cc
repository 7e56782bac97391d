#include "quorate/tool/help.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace quorate::tool {
namespace {

constexpr size_t kNameColumn = 11;

constexpr std::pair<Group, const char*> kGroups[] = {
    {Group::kKeyValue, "Key-value commands"},      {Group::kClusterMaintenance, "Cluster maintenance commands"},
    {Group::kConcurrency, "Concurrency commands"}, {Group::kAuthentication, "Authentication commands"},
    {Group::kUtility, "Utility commands"},         {Group::kNone, "Available Commands:"},
};

std::string Padded(const std::string& text, size_t width) {
  return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
}

std::string ListOfChildren(const Command& command) {
  std::vector<const Command*> children;
  size_t width = kNameColumn;
  for (const auto& child : command.children()) {
    children.push_back(child.get());
    width = std::max(width, child->text().name.size());
  }
  std::sort(children.begin(), children.end(),
            [](const Command* a, const Command* b) { return a->text().name < b->text().name; });
  std::string list;
  for (const auto& [group, title] : kGroups) {
    std::string lines;
    for (const Command* child : children) {
      if (child->text().group != group) continue;
      lines += "\n  " + Padded(child->text().name, width) + " " + child->text().summary;
    }
    if (!lines.empty()) list += "\n\n" + std::string(title) + lines;
  }
  return list;
}

// Flags of the commands above this one.
std::vector<const Flag*> InheritedFlags(const Command& command, RootFlags root_flags) {
  std::vector<const Flag*> flags;
  for (const Command* above = command.parent(); above != nullptr; above = above->parent()) {
    if (above->parent() == nullptr && root_flags == RootFlags::kLeftOut) break;
    for (const Flag* flag : above->OwnFlags()) {
      if (flag->name != "help") flags.push_back(flag);
    }
  }
  return flags;
}

}  // namespace

std::string FlagTable(const std::vector<const Flag*>& flags) {
  std::vector<std::pair<std::string, std::string>> rows;
  size_t width = 0;
  for (const Flag* flag : flags) {
    std::string left = flag->shorthand == '\0' ? "      --" : std::string("  -") + flag->shorthand + ", --";
    left += flag->name;
    if (!flag->type.empty()) left += " " + flag->type;
    std::string right = flag->help;
    if (!flag->default_text.empty()) right += " (default " + flag->default_text + ")";
    width = std::max(width, left.size());
    rows.emplace_back(std::move(left), std::move(right));
  }
  std::string table;
  for (const auto& [left, right] : rows) table += Padded(left, width) + "   " + right + "\n";
  return table;
}

std::string UsageOf(const Command& command, RootFlags root_flags) {
  std::string usage = "Usage:";
  bool is_root = command.parent() == nullptr;
  if (command.action()) {
    const std::string& arguments = command.text().arguments;
    usage += "\n  " + command.Path() + (arguments.empty() ? "" : " " + arguments) + " [flags]";
  }
  if (!command.children().empty()) usage += "\n  " + command.Path() + " [command]" + ListOfChildren(command);
  if (!is_root || root_flags == RootFlags::kShown) {
    absl::StrAppend(&usage, "\n\nFlags:\n", absl::StripTrailingAsciiWhitespace(FlagTable(command.OwnFlags())));
  }
  if (std::vector<const Flag*> inherited = InheritedFlags(command, root_flags); !inherited.empty()) {
    absl::StrAppend(&usage, "\n\nGlobal Flags:\n", absl::StripTrailingAsciiWhitespace(FlagTable(inherited)));
  }
  if (!command.children().empty()) {
    usage += "\n\nUse \"" + command.Path() + " [command] --help\" for more information about a command.";
  }
  return usage + "\n";
}

std::string HelpOf(const Command& command) {
  const CommandText& text = command.text();
  const Command* root = &command;
  while (root->parent() != nullptr) root = root->parent();
  return absl::StrCat(absl::StripTrailingAsciiWhitespace(text.description.empty() ? text.summary : text.description),
                      "\n\n", UsageOf(command), "Use \"", root->text().name,
                      " options\" for a list of global command-line options (applies to all commands).\n");
}

}  // namespace quorate::tool
