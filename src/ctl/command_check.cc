#include "src/ctl/commands.h"

namespace quorate::ctl {

void AddCheck(Command& root) {
  Command& check = root.Add({"check", "", "Checks what load a cluster bears", "", Group::kUtility});
  AddCheckPerf(check);
  AddCheckDatascale(check);
}

}  // namespace quorate::ctl
