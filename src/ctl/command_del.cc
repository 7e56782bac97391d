#include "src/ctl/commands.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

void AddDelete(Command& root, Session& session) {
  auto flags = std::make_shared<DeleteFlags>();
  AddDeleteTo(root, *flags).SetAction([flags, &session](const Arguments& arguments) -> absl::Status {
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::DeleteRangeRequest request,
                             DeleteRequestOf(*flags, arguments, session.err()));
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
    etcdserverpb::DeleteRangeResponse response;
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.KV/DeleteRange"), request, response));
    return session.printer().Delete(response);
  });
}

}  // namespace quorate::ctl
