#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"
#include "src/ctl/txn_syntax.h"

namespace quorate::ctl {

void AddTxn(Command& root, Session& session) {
  auto interactive = std::make_shared<bool>(false);
  Command& txn = root.Add({"txn", "[options]", "Runs several operations as one transaction",
                           R"(Reads a transaction from standard input: comparisons, then the operations to run if all of
them hold, then those to run otherwise. An empty line ends each part.

value("key1") = "old"
mod("key2") > "0"

put key1 new
get key2

del key3 --prefix

Comparisons are of value, version, create, mod or lease, with =, !=, < or >.)",
                           Group::kKeyValue});
  txn.AddFlag("i,interactive", interactive.get(), "say which part is read next");
  txn.SetAction([interactive, &session](const Arguments& arguments) -> absl::Status {
    if (!arguments.empty()) return Fail(Exit::kBadArguments, "txn command does not accept argument");
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
    QUORATE_ASSIGN_OR_RETURN(etcdserverpb::TxnRequest request,
                             ReadTxn(session.in(), *interactive, session.out(), session.err()));
    etcdserverpb::TxnResponse response;
    // A transaction waits for its answer however long it takes, as etcdctl's does.
    QUORATE_RETURN_IF_ERROR(client->Unary({"/etcdserverpb.KV/Txn"}, request, response));
    return session.printer().Txn(response);
  });
}

}  // namespace quorate::ctl
