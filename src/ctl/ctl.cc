#include "quorate/ctl/ctl.h"

#include "quorate/tool/help.h"
#include "quorate/tool/run_line.h"
#include "src/ctl/commands.h"
#include "src/ctl/global_flags.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

void AddCommands(Command& root, Session& session) {
  AddGet(root, session);
  AddPut(root, session);
  AddDelete(root, session);
  AddTxn(root, session);
  AddCompaction(root, session);
  AddAlarm(root, session);
  AddDefrag(root, session);
  AddEndpoint(root, session);
  AddMoveLeader(root, session);
  AddWatch(root, session);
  AddVersion(root, session);
  AddLease(root, session);
  AddMember(root, session);
  AddSnapshot(root, session);
  AddMakeMirror(root, session);
  AddLock(root, session);
  AddElect(root, session);
  AddAuth(root, session);
  AddUser(root, session);
  AddRole(root, session);
  AddCheck(root, session);
  AddCompletion(root, session);
  AddDowngrade(root, session);
  AddOptions(root, session);
  AddHelp(root, session);
}

int Run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
        const tool::Streams& streams) {
  Session session(streams, environment);
  Command root({"quoratectl", "", "Talks to the members of a Quorate or etcd cluster.", "", Group::kNone});
  AddGlobalFlags(root, session.flags());
  AddCommands(root, session);

  return tool::RunLine(root, arguments, streams,
                       {.usage = [](const Command& command) { return tool::UsageOf(command); },
                        .help = tool::HelpOf,
                        .before = [&session](const tool::ParsedLine& line) { session.SetLine(line); }});
}

}  // namespace quorate::ctl
