#include <ostream>

#include "src/ctl/commands.h"
#include "src/ctl/concurrency.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"
#include "src/ctl/signals.h"

namespace quorate::ctl {
namespace {

absl::Status Observe(Session& session, Client& client, const std::string& name) {
  Cancellation interrupted;
  SignalWatch signals([&](const Signal&) { interrupted.Cancel(); });
  absl::Status shown;
  absl::Status status = ObserveElection(client, name, interrupted, [&](const etcdserverpb::RangeResponse& leader) {
    shown = session.printer().Get(leader);
    session.out() << std::flush;
    if (!shown.ok()) interrupted.Cancel();
  });
  QUORATE_RETURN_IF_ERROR(shown);
  if (interrupted.cancelled()) return absl::OkStatus();
  session.err() << base::MessageOf(status) << "\n";
  return Fail(Exit::kError, "elect: observer lost");
}

absl::Status Lead(Session& session, Client& client, Election& election, const LeaseSession& lease, Cancellation& over) {
  etcdserverpb::RangeRequest request;
  request.set_key(election.key());
  etcdserverpb::RangeResponse response;
  Call call = {"/etcdserverpb.KV/Range", true, Duration{}};
  call.cancellation = &over;
  QUORATE_RETURN_IF_ERROR(client.Unary(call, request, response));
  QUORATE_RETURN_IF_ERROR(session.printer().Get(response));
  session.out() << std::flush;
  over.Wait();
  if (lease.ended()) return Fail(Exit::kError, "elect: session expired");
  return election.Resign();
}

absl::Status Campaign(Session& session, Client& client, const std::string& name, const std::string& proposal) {
  Cancellation over;  // by a signal, or with the lease
  SignalWatch signals([&](const Signal&) { over.Cancel(); });
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<LeaseSession> lease,
                           LeaseSession::Open(client, LeaseSession::kDefaultTtlSeconds, session.Patience(), over,
                                              [&over] { over.Cancel(); }));
  Election election(client, *lease, name);
  absl::Status status = election.Campaign(proposal, over);
  if (status.code() == absl::StatusCode::kCancelled && lease->ended()) {
    status = Fail(Exit::kError, "elect: session expired");
  }
  if (status.ok()) status = Lead(session, client, election, *lease, over);
  if (!lease->ended()) lease->Close().IgnoreError();
  return status;
}

absl::Status Elect(Session& session, bool listen, const Arguments& arguments) {
  auto wrong = [](const char* message) { return Fail(Exit::kBadArguments, message); };
  if (arguments.size() != 1 && arguments.size() != 2) {
    return wrong("elect takes one election name argument and an optional proposal argument");
  }
  QUORATE_RETURN_IF_ERROR(session.Prepare());
  if (arguments.size() == 1 && !listen) return wrong("no proposal argument but -l not set");
  if (arguments.size() == 2 && listen) return wrong("proposal given but -l is set");
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  if (listen) return Observe(session, *client, arguments[0]);
  return Campaign(session, *client, arguments[0], arguments[1]);
}

}  // namespace

void AddElect(Command& root, Session& session) {
  auto listen = std::make_shared<bool>(false);
  Command& elect =
      root.Add({"elect", "<election-name> [proposal]", "Leads an election among all clients, or follows it",
                R"(With a proposal, waits to be elected, shows the key that stands for it, and leads until it
is interrupted. With --listen, shows each leader's proposal.)",
                Group::kConcurrency});
  elect.AddFlag("l,listen", listen.get(), "follow who leads");
  elect.SetAction([listen, &session](const Arguments& arguments) { return Elect(session, *listen, arguments); });
}

}  // namespace quorate::ctl
