#include "quorate/ctl/ctl.h"

#include <ostream>

#include "src/ctl/command_line.h"
#include "src/ctl/commands.h"
#include "src/ctl/failure.h"
#include "src/ctl/global_flags.h"
#include "src/ctl/help.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

void AddCommands(Command& root) {
  AddGet(root);
  AddPut(root);
  AddDelete(root);
  AddTxn(root);
  AddCompaction(root);
  AddAlarm(root);
  AddDefrag(root);
  AddEndpoint(root);
  AddMoveLeader(root);
  AddWatch(root);
  AddVersion(root);
  AddLease(root);
  AddMember(root);
  AddSnapshot(root);
  AddMakeMirror(root);
  AddLock(root);
  AddElect(root);
  AddAuth(root);
  AddUser(root);
  AddRole(root);
  AddCheck(root);
  AddCompletion(root);
  AddDowngrade(root);
  AddOptions(root);
  AddHelp(root);
}

int Run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
        const Streams& streams) {
  Session session(streams, environment);
  Command root({"quoratectl", "", "Talks to the members of a Quorate or etcd cluster.", "", Group::kNone});
  AddGlobalFlags(root, session.flags());
  AddCommands(root);

  ParsedLine parsed;
  LineError error = ParseCommandLine(root, arguments, parsed);
  if (!error.status.ok()) {
    streams.err << "Error: " << base::MessageOf(error.status) << "\n";
    if (error.shows_usage) {
      streams.err << UsageOf(*parsed.command) << "\n";
    } else {
      streams.err << "Run '" << root.Path() << " --help' for usage.\n";
    }
    return static_cast<int>(Exit::kError);
  }
  if (parsed.wants_help || !parsed.command->action()) {
    streams.out << HelpOf(*parsed.command) << std::flush;
    return 0;
  }
  session.SetLine(parsed);
  absl::Status status = parsed.command->action()(session, parsed.arguments);
  streams.out << std::flush;
  if (status.ok()) return 0;
  if (!IsSilent(status)) streams.err << "Error: " << base::MessageOf(status) << "\n";
  return static_cast<int>(ExitOf(status));
}

}  // namespace quorate::ctl
