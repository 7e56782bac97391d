#include "src/ctl/commands.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/printer.h"
#include "src/ctl/read_all.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

void AddPut(Command& root, Session& session) {
  auto flags = std::make_shared<PutFlags>();
  AddPutTo(root, *flags).SetAction([flags, &session](const Arguments& arguments) -> absl::Status {
    const auto read_value = [&session] { return ReadAll(session.in(), session.in_descriptor()); };
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::PutRequest request, PutRequestOf(*flags, arguments, read_value));
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
    etcdserverpb::PutResponse response;
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.KV/Put"), request, response));
    return session.printer().Put(response);
  });
}

}  // namespace quorate::ctl
