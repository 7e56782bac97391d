#include <ostream>

#include "quorate/tool/completion.h"
#include "quorate/tool/help.h"
#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::Status Write(Session& session, const Command& root, const std::string& shell) {
  const std::string script = tool::CompletionScript(shell, root.text().name);
  if (script.empty()) {
    const Command& completion = *session.line().command;
    session.err() << "Error: invalid argument " << Quote(shell) << " for " << Quote(completion.Path()) << "\n"
                  << tool::UsageOf(completion) << "\n";
    return FailSilently(Exit::kError);
  }
  session.out() << script;
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
  completion.RequireArguments(1);
  completion.SetAction([&root, &session](const Arguments& arguments) { return Write(session, root, arguments[0]); });
  tool::AddComplete(root, session.out());
}

}  // namespace quorate::ctl
