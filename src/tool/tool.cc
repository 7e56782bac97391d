#include "quorate/tool/tool.h"

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>

#include "quorate/base/version.h"
#include "quorate/tool/command.h"
#include "quorate/tool/completion.h"
#include "quorate/tool/failure.h"
#include "quorate/tool/help.h"
#include "quorate/tool/progress_bar.h"
#include "quorate/tool/run_line.h"
#include "quorate/tool/table.h"
#include "quorate/tool/values.h"

namespace quorate::tool {
namespace {

// What is said of a line with more or fewer arguments than its command takes.
std::string WrongCount(size_t accepted, size_t received) {
  return "accepts " + std::to_string(accepted) + " arg(s), received " + std::to_string(received);
}

}  // namespace

absl::Status FailWith(int exit_code, std::string_view message) { return Fail(static_cast<Exit>(exit_code), message); }

std::string ShowVersions(std::string_view etcds_tool, std::string_view tool) {
  std::string text(etcds_tool);
  text.append(" version: ").append(base::kEtcdVersion);
  text.append("\nAPI version: ").append(base::kEtcdApiVersion).append("\n");
  return text.append(tool).append(" version: ").append(base::kQuorateVersion).append("\n");
}

std::string ShowBytes(uint64_t bytes) { return FormatBytes(bytes); }

std::string ShowTable(const std::vector<std::vector<std::string>>& rows) { return RenderTable(rows); }

Progress::Progress(const Streams& streams)
    : bar_(std::make_unique<ProgressBar>(streams.err_is_terminal ? &streams.err : nullptr, ProgressBar::Unit::kBytes)) {
}
Progress::~Progress() = default;

void Progress::Show(uint64_t done, uint64_t total) { bar_->Show(done, total); }

struct Tool::Rep {
  struct Extra {
    Action action;
    std::vector<std::string> required_flags;
    std::optional<size_t> arguments;
  };

  explicit Rep(const Text& text) : root({text.name, text.arguments, text.summary, "", Group::kNone}) {}

  // The commands that every tool has.
  void AddHelp(const Entry& top);
  void AddCompletion(const Entry& top);
  std::string UsageFor(const Command& command) const { return UsageOf(command, RootFlags::kShown); }
  // Empty: nothing is missing.
  std::string MissingFlags(const Command& command) const;
  // Empty: the line may be run.
  std::string Objection(const ParsedLine& line) const;

  Command root;
  std::map<const Command*, Extra> extras;
};

std::string Tool::Rep::MissingFlags(const Command& command) const {
  std::string missing;
  for (const std::string& name : extras.at(&command).required_flags) {
    if (command.FindFlag(name)->IsSet()) continue;
    missing += (missing.empty() ? "" : ", ") + Quote(name);
  }
  return missing.empty() ? "" : "required flag(s) " + missing + " not set";
}

std::string Tool::Rep::Objection(const ParsedLine& line) const {
  const Extra& extra = extras.at(line.command);
  if (extra.arguments.has_value() && *extra.arguments != line.arguments.size()) {
    return WrongCount(*extra.arguments, line.arguments.size());
  }
  return MissingFlags(*line.command);
}

void Tool::Rep::AddHelp(const Entry& top) {
  top.Add({"help", "[command]", "Shows the usage of a command"})
      .SetAction([this](const Streams& streams, const Tool::Arguments& names) {
        const Command* command = &root;
        for (const std::string& name : names) {
          const Command* child = command->FindChild(name);
          if (child == nullptr) break;
          command = child;
        }
        streams.out << UsageFor(*command);
        return absl::OkStatus();
      });
}

void Tool::Rep::AddCompletion(const Entry& top) {
  const Entry completion =
      top.Add({"completion", "[bash|zsh|fish|powershell]", "Writes a program that completes command lines in a shell"});
  completion.RequireArguments(1);
  completion.SetAction([this](const Streams& streams, const Tool::Arguments& arguments) {
    const std::string script = CompletionScript(arguments[0], root.text().name);
    if (script.empty()) {
      return Fail(Exit::kError,
                  "invalid argument " + Quote(arguments[0]) + " for " + Quote(root.text().name + " completion"));
    }
    streams.out << script;
    return absl::OkStatus();
  });
  // What those programs ask.
  Command& asked = root.Add({"__complete", "-- <words>", "Lists what the last word may become", "", Group::kHidden});
  Entry(top.tool_, &asked).SetAction([this](const Streams& streams, const Tool::Arguments& words) {
    for (const Candidate& candidate : CandidatesFor(root, words)) {
      streams.out << candidate.word << (candidate.meaning.empty() ? "" : "\t" + candidate.meaning) << "\n";
    }
    return absl::OkStatus();
  });
}

Tool::Tool(const Text& text) : rep_(std::make_unique<Rep>(text)) {
  rep_->AddHelp(root());
  rep_->AddCompletion(root());
}
Tool::~Tool() = default;

Tool::Entry Tool::root() { return Entry(this, &rep_->root); }

Tool::Entry Tool::Entry::Add(const Text& text) const {
  return Entry(tool_, &command_->Add({text.name, text.arguments, text.summary, "", Group::kNone}));
}

void Tool::Entry::SetAction(Action action) const {
  tool_->rep_->extras[command_].action = std::move(action);
  // The tree asks a command for its action to know whether it can be called by itself.
  command_->SetAction([](const tool::Arguments&) { return absl::OkStatus(); });
}

template <typename Value>
void Tool::Entry::AddFlag(const std::string& name, Value* target, const std::string& help) const {
  command_->AddFlag(name, target, help);
}
template void Tool::Entry::AddFlag(const std::string&, bool*, const std::string&) const;
template void Tool::Entry::AddFlag(const std::string&, int64_t*, const std::string&) const;
template void Tool::Entry::AddFlag(const std::string&, uint64_t*, const std::string&) const;
template void Tool::Entry::AddFlag(const std::string&, std::string*, const std::string&) const;
template void Tool::Entry::AddFlag(const std::string&, std::chrono::nanoseconds*, const std::string&) const;

void Tool::Entry::RequireFlag(const std::string& name) const {
  tool_->rep_->extras[command_].required_flags.push_back(name);
}

void Tool::Entry::RequireArguments(size_t count) const { tool_->rep_->extras[command_].arguments = count; }

int Tool::Run(const Arguments& arguments, const Streams& streams) {
  const auto usage = [this](const Command& command) { return rep_->UsageFor(command); };
  return RunLine(rep_->root, arguments, streams,
                 {.usage = usage,
                  .help = usage,
                  .objection = [this](const ParsedLine& line) { return rep_->Objection(line); },
                  .action =
                      [this, &streams](const ParsedLine& line) {
                        return rep_->extras.at(line.command).action(streams, line.arguments);
                      }});
}

}  // namespace quorate::tool
