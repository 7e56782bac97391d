// The commands about the tool itself.

#include <ostream>

#include "quorate/tool/completion.h"
#include "quorate/tool/failure.h"
#include "quorate/tool/help.h"
#include "quorate/tool/versions.h"
#include "src/utl/commands.h"

namespace quorate::utl {

void AddHelp(tool::Command& root, const tool::Streams& streams) {
  root.Add({"help", "[command]", "Shows the usage of a command"})
      .SetAction([&root, &streams](const tool::Arguments& names) {
        const tool::Command* command = &root;
        for (const std::string& name : names) {
          const tool::Command* child = command->FindChild(name);
          if (child == nullptr) break;
          command = child;
        }
        streams.out << FullUsageOf(*command);
        return absl::OkStatus();
      });
}

void AddCompletion(tool::Command& root, const tool::Streams& streams) {
  tool::Command& completion = root.Add(
      {"completion", "[bash|zsh|fish|powershell]", "Writes a program that completes command lines in a shell"});
  completion.RequireArguments(1);
  completion.SetAction([&root, &completion, &streams](const tool::Arguments& arguments) {
    const std::string script = tool::CompletionScript(arguments[0], root.text().name);
    if (script.empty()) {
      return tool::Fail(tool::Exit::kError,
                        "invalid argument " + tool::Quote(arguments[0]) + " for " + tool::Quote(completion.Path()));
    }
    streams.out << script;
    return absl::OkStatus();
  });
  tool::AddComplete(root, streams.out);
}

void AddVersion(tool::Command& root, const tool::Streams& streams) {
  root.Add({"version", "", "Shows the version of the tool"}).SetAction([&streams](const tool::Arguments&) {
    streams.out << tool::ShowVersions("etcdutl", "quorateutl");
    return absl::OkStatus();
  });
}

std::string FullUsageOf(const tool::Command& command) { return tool::UsageOf(command, tool::RootFlags::kShown); }

}  // namespace quorate::utl
