#include "quorate/tool/completion.h"

#include <algorithm>
#include <ostream>
#include <string_view>

namespace quorate::tool {
namespace {

constexpr std::string_view kBash = R"(# bash completion for TOOL
_TOOL() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _TOOL TOOL
)";

constexpr std::string_view kZsh = R"(#compdef TOOL
compdef _TOOL TOOL
_TOOL() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("${line/$'\t'/:}")
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( ${#found} )); then
    _describe 'TOOL' found
  else
    _files
  fi
}
if [ "$funcstack[1]" = "_TOOL" ]; then
  _TOOL
fi
)";

constexpr std::string_view kFish = R"(# fish completion for TOOL
function __TOOL_candidates
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  TOOL __complete -- $words[2..-1] "$current" 2>/dev/null
end
function __TOOL_has_candidates
  test (count (__TOOL_candidates)) -gt 0
end
complete -c TOOL -n __TOOL_has_candidates -f -a '(__TOOL_candidates)'
)";

constexpr std::string_view kPowerShell = R"(# PowerShell completion for TOOL
Register-ArgumentCompleter -Native -CommandName 'TOOL' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($wordToComplete -eq '') { $words += '""' }
  & TOOL __complete -- @words 2>$null | ForEach-Object {
    $parts = $_ -split "`t", 2
    $meaning = if ($parts.Count -gt 1 -and $parts[1]) { $parts[1] } else { $parts[0] }
    [System.Management.Automation.CompletionResult]::new($parts[0], $parts[0], 'ParameterValue', $meaning)
  }
}
)";

// Values a flag takes, where they are few.
std::vector<std::string> ValuesOf(const std::string& flag) {
  if (flag == "write-out") return {"fields", "json", "protobuf", "simple", "table"};
  if (flag == "load") return {"small", "medium", "large", "xLarge"};
  if (flag == "order") return {"ASCEND", "DESCEND"};
  if (flag == "sort-by") return {"CREATE", "KEY", "MODIFY", "VALUE", "VERSION"};
  if (flag == "consistency") return {"l", "s"};
  return {};
}

const Flag* FlagOf(const Command& command, const std::string& word) {
  if (word.starts_with("--")) return command.FindFlag(word.substr(2));
  return word.size() == 2 && word[0] == '-' ? command.FindShorthand(word[1]) : nullptr;
}

std::vector<Candidate> Values(const std::string& flag, const std::string& before, const std::string& begun) {
  std::vector<Candidate> found;
  for (const std::string& value : ValuesOf(flag)) {
    if (value.starts_with(begun)) found.push_back({before + value, ""});
  }
  return found;
}

std::vector<Candidate> Flags(const Command& command, const std::string& begun) {
  size_t equals = begun.find('=');
  if (equals != std::string::npos) {
    return Values(begun.substr(2, equals - 2), begun.substr(0, equals + 1), begun.substr(equals + 1));
  }
  std::vector<Candidate> found;
  for (const Command* above = &command; above != nullptr; above = above->parent()) {
    for (const Flag* flag : above->OwnFlags()) {
      const std::string word = "--" + flag->name;
      if (word.starts_with(begun) && (above == &command || flag->name != "help")) found.push_back({word, flag->help});
    }
  }
  return found;
}

std::string WithTool(std::string_view script, const std::string& tool) {
  constexpr std::string_view kPlace = "TOOL";
  std::string text;
  for (size_t at = script.find(kPlace); at != std::string_view::npos; at = script.find(kPlace)) {
    text += std::string(script.substr(0, at)) + tool;
    script.remove_prefix(at + kPlace.size());
  }
  return text + std::string(script);
}

}  // namespace

std::vector<Candidate> CandidatesFor(const Command& root, const Arguments& words) {
  if (words.empty()) return {};
  // Bash makes three words of --flag=value.
  Arguments line = words;
  for (size_t i = 1; i + 1 <= line.size(); ++i) {
    if (line[i] != "=" || !line[i - 1].starts_with("--")) continue;
    std::string value = i + 1 < line.size() ? line[i + 1] : "";
    if (i + 2 >= line.size()) return Values(line[i - 1].substr(2), "", value);
    line.erase(line.begin() + static_cast<std::ptrdiff_t>(i), line.begin() + static_cast<std::ptrdiff_t>(i) + 2);
    line[i - 1] += "=" + value;
  }
  const Command* command = &root;
  const Flag* awaits_value = nullptr;
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    const std::string& word = line[i];
    if (word == "--") return {};
    if (awaits_value != nullptr) {
      awaits_value = nullptr;
    } else if (word.starts_with("-")) {
      const Flag* flag = FlagOf(*command, word);
      if (flag != nullptr && !flag->type.empty()) awaits_value = flag;
    } else if (const Command* child = command->FindChild(word); child != nullptr) {
      command = child;
    }
  }
  const std::string& begun = line.back();
  if (awaits_value != nullptr) return Values(awaits_value->name, "", begun);
  if (begun.starts_with("-")) return Flags(*command, begun);
  std::vector<Candidate> found;
  for (const auto& child : command->children()) {
    const CommandText& text = child->text();
    if (text.group != Group::kHidden && text.name.starts_with(begun)) found.push_back({text.name, text.summary});
  }
  if (command->text().name == "completion") {
    for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
      if (std::string_view(shell).starts_with(begun)) found.push_back({shell, ""});
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.word < b.word; });
  return found;
}

std::string CompletionScript(const std::string& shell, const std::string& tool) {
  if (shell == "bash") return WithTool(kBash, tool);
  if (shell == "zsh") return WithTool(kZsh, tool);
  if (shell == "fish") return WithTool(kFish, tool);
  if (shell == "powershell") return WithTool(kPowerShell, tool);
  return "";
}

void AddComplete(Command& root, std::ostream& out) {
  root.Add({"__complete", "-- <words>", "Lists what the last word may become", "", Group::kHidden})
      .SetAction([&root, &out](const Arguments& words) {
        for (const Candidate& candidate : CandidatesFor(root, words)) {
          out << candidate.word << (candidate.meaning.empty() ? "" : "\t" + candidate.meaning) << "\n";
        }
        return absl::OkStatus();
      });
}

}  // namespace quorate::tool
