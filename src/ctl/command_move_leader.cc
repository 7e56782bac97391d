#include <functional>

#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct Leader {
  std::unique_ptr<Client> client;
  uint64_t id = 0;
};

// The one among the endpoints that leads.
absl::StatusOr<Leader> FindLeader(Session& session) {
  std::string asked;
  for (const std::string& endpoint : session.Endpoints()) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.ClientFor({endpoint}));
    etcdserverpb::StatusResponse response;
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Maintenance/Status", true),
                                          etcdserverpb::StatusRequest(), response));
    if (response.header().member_id() == response.leader()) return Leader{std::move(client), response.leader()};
    asked += (asked.empty() ? "" : " ") + endpoint;
  }
  return Fail(Exit::kBadArguments, "no leader endpoint given at [" + asked + "]");
}

absl::Status MoveLeader(Session& session, const Arguments& arguments) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, "move-leader command needs 1 argument");
  absl::StatusOr<uint64_t> target = ParseUint(arguments[0], 16);
  if (!target.ok()) return Fail(Exit::kBadArguments, base::MessageOf(target.status()));
  QUORATE_RETURN_IF_ERROR(session.Prepare());
  QUORATE_ASSIGN_OR_RETURN(Leader leader, FindLeader(session));
  etcdserverpb::MoveLeaderRequest request;
  request.set_targetid(*target);
  etcdserverpb::MoveLeaderResponse response;
  QUORATE_RETURN_IF_ERROR(
      leader.client->Unary(session.Bounded("/etcdserverpb.Maintenance/MoveLeader"), request, response));
  return session.printer().Done("Leadership transferred from " + Hex(leader.id) + " to " + Hex(*target), response,
                                nullptr);
}

}  // namespace

void AddMoveLeader(Command& root, Session& session) {
  root.Add({"move-leader", "<transferee-member-id>", "Makes another member the leader", "", Group::kClusterMaintenance})
      .SetAction(std::bind_front(MoveLeader, std::ref(session)));
}

}  // namespace quorate::ctl
