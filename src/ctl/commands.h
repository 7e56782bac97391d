#pragma once

// Every command adds itself to the tree here; each lives in the file of its name, command_<name>.cc.

#include "src/ctl/command.h"

namespace quorate::ctl {

void AddPut(Command& root);
void AddGet(Command& root);
void AddDelete(Command& root);
void AddTxn(Command& root);
void AddCompaction(Command& root);
void AddLease(Command& root);
void AddWatch(Command& root);
void AddAlarm(Command& root);
void AddDefrag(Command& root);
void AddEndpoint(Command& root);
void AddMember(Command& root);
void AddMoveLeader(Command& root);
void AddDowngrade(Command& root);
void AddSnapshot(Command& root);
void AddMakeMirror(Command& root);
void AddLock(Command& root);
void AddElect(Command& root);
void AddAuth(Command& root);
void AddUser(Command& root);
void AddRole(Command& root);
void AddCheck(Command& root);
void AddCheckPerf(Command& check);
void AddCheckDatascale(Command& check);
void AddCompletion(Command& root);
void AddVersion(Command& root);
void AddOptions(Command& root);
void AddHelp(Command& root);

// All of them.
void AddCommands(Command& root);

}  // namespace quorate::ctl
