#pragma once

// Every command adds itself to the tree here; each lives in the file of its name, command_<name>.cc. The session is
// what its action works with, and outlives the tree.

#include "src/ctl/names.h"

namespace quorate::ctl {

class Session;

void AddPut(Command& root, Session& session);
void AddGet(Command& root, Session& session);
void AddDelete(Command& root, Session& session);
void AddTxn(Command& root, Session& session);
void AddCompaction(Command& root, Session& session);
void AddLease(Command& root, Session& session);
void AddWatch(Command& root, Session& session);
void AddAlarm(Command& root, Session& session);
void AddDefrag(Command& root, Session& session);
void AddEndpoint(Command& root, Session& session);
void AddMember(Command& root, Session& session);
void AddMoveLeader(Command& root, Session& session);
void AddDowngrade(Command& root, Session& session);
void AddSnapshot(Command& root, Session& session);
void AddMakeMirror(Command& root, Session& session);
void AddLock(Command& root, Session& session);
void AddElect(Command& root, Session& session);
void AddAuth(Command& root, Session& session);
void AddUser(Command& root, Session& session);
void AddRole(Command& root, Session& session);
void AddCheck(Command& root, Session& session);
void AddCheckPerf(Command& check, Session& session);
void AddCheckDatascale(Command& check, Session& session);
void AddCompletion(Command& root, Session& session);
void AddVersion(Command& root, Session& session);
void AddOptions(Command& root, Session& session);
void AddHelp(Command& root, Session& session);

// All of them.
void AddCommands(Command& root, Session& session);

}  // namespace quorate::ctl
