#include "src/ctl/commands.h"

namespace quorate::ctl {

void AddCheck(Command& root, Session& session) {
  Command& check = root.Add({"check", "", "Checks what load a cluster bears", "", Group::kUtility});
  AddCheckPerf(check, session);
  AddCheckDatascale(check, session);
}

}  // namespace quorate::ctl
