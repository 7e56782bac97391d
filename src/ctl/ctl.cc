#include "quorate/ctl/ctl.h"

#include "src/ctl/commands.h"
#include "src/ctl/global_flags.h"
#include "src/ctl/help.h"
#include "src/ctl/run_line.h"
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

  return RunLine(root, arguments, streams,
                 {.usage = [](const Command& command) { return UsageOf(command); },
                  .help = HelpOf,
                  .objection = [](const ParsedLine&) { return std::string(); },
                  .action =
                      [&session](const ParsedLine& line) {
                        session.SetLine(line);
                        return line.command->action()(session, line.arguments);
                      }});
}

}  // namespace quorate::ctl
