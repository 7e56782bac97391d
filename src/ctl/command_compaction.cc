#include <ostream>

#include "etcdserverpb/rpc.pb.h"
#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

void AddCompaction(Command& root, Session& session) {
  auto physical = std::make_shared<bool>(false);
  Command& compaction =
      root.Add({"compaction", "[options] <revision>", "Gives up the history before a revision", "", Group::kKeyValue});
  compaction.AddFlag("physical", physical.get(), "wait until the old revisions are gone from the store");
  compaction.SetAction([physical, &session](const Arguments& arguments) -> absl::Status {
    if (arguments.size() != 1) return Fail(Exit::kBadArguments, "compaction command needs 1 argument");
    QUORATE_ASSIGN_OR_RETURN(int64_t revision, ParseInt(arguments[0], 10));
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    request.set_physical(*physical);
    etcdserverpb::CompactionResponse response;
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.KV/Compact"), request, response));
    session.out() << "compacted revision " << revision << "\n";
    return absl::OkStatus();
  });
}

}  // namespace quorate::ctl
