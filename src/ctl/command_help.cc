#include <ostream>

#include "quorate/tool/help.h"
#include "quorate/tool/versions.h"
#include "src/ctl/commands.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::Status ShowHelp(Session& session, Command& root, const Arguments& arguments) {
  const Command* command = &root;
  for (const std::string& name : arguments) {
    const Command* child = command->FindChild(name);
    if (child == nullptr) {
      if (command == &root) {
        std::string names;
        for (const std::string& word : arguments) names += (names.empty() ? "`" : " `") + word + "`";
        session.err() << "Unknown help topic [" << names << "]\n" << tool::UsageOf(root) << "\n";
        return absl::OkStatus();
      }
      break;
    }
    command = child;
  }
  session.out() << tool::HelpOf(*command);
  return absl::OkStatus();
}

}  // namespace

void AddVersion(Command& root, Session& session) {
  root.Add({"version", "", "Shows the version of the tool", "", Group::kUtility})
      .SetAction([&session](const Arguments&) {
        session.out() << tool::ShowVersions("etcdctl", "quoratectl");
        return absl::OkStatus();
      });
}

void AddOptions(Command& root, Session& session) {
  root.Add({"options", "", "Lists the flags every command understands", "", Group::kUtility})
      .SetAction([&root, &session](const Arguments&) {
        std::vector<const Flag*> flags;
        for (const Flag* flag : root.OwnFlags()) {
          if (flag->name != "help") flags.push_back(flag);
        }
        session.out() << "The following options can be passed to any command:\n\n" << tool::FlagTable(flags);
        return absl::OkStatus();
      });
}

void AddHelp(Command& root, Session& session) {
  root.Add({"help", "[command]", "Shows the help of a command", "", Group::kUtility})
      .SetAction([&root, &session](const Arguments& arguments) { return ShowHelp(session, root, arguments); });
}

}  // namespace quorate::ctl
