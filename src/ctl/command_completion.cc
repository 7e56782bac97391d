#include <ostream>

#include "quorate/tool/completion.h"
#include "quorate/tool/help.h"
#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::Status WrongLine(Session& session, const std::string& message) {
  session.err() << "Error: " << message << "\n" << tool::UsageOf(*session.line().command) << "\n";
  return FailSilently(Exit::kError);
}

absl::Status Write(Session& session, const Command& root, const Arguments& arguments) {
  if (arguments.size() != 1) {
    return WrongLine(session, "accepts 1 arg(s), received " + std::to_string(arguments.size()));
  }
  std::string script = tool::CompletionScript(arguments[0], root.text().name);
  if (script.empty()) {
    return WrongLine(session,
                     "invalid argument " + Quote(arguments[0]) + " for " + Quote(session.line().command->Path()));
  }
  session.out() << script;
  return absl::OkStatus();
}

absl::Status Complete(Session& session, const Command& root, const Arguments& words) {
  for (const tool::Candidate& candidate : tool::CandidatesFor(root, words)) {
    session.out() << candidate.word << (candidate.meaning.empty() ? "" : "\t" + candidate.meaning) << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddCompletion(Command& root, Session& session) {
  Command& completion =
      root.Add({"completion", "[bash|zsh|fish|powershell]", "Writes a program that completes command lines in a shell",
                R"(Writes a program for a shell that completes this tool's command lines:

bash:        source <(quoratectl completion bash)
             or for good: quoratectl completion bash > /etc/bash_completion.d/quoratectl
zsh:         quoratectl completion zsh > "${fpath[1]}/_quoratectl"
fish:        quoratectl completion fish > ~/.config/fish/completions/quoratectl.fish
PowerShell:  quoratectl completion powershell | Out-String | Invoke-Expression)",
                Group::kUtility});
  completion.SetAction([&root, &session](const Arguments& arguments) { return Write(session, root, arguments); });
  // What those programs ask.
  root.Add({"__complete", "-- <words>", "Lists what the last word may become", "", Group::kHidden})
      .SetAction([&root, &session](const Arguments& words) { return Complete(session, root, words); });
}

}  // namespace quorate::ctl
