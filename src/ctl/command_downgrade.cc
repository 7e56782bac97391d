#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::DowngradeRequest;

absl::Status Downgrade(Session& session, DowngradeRequest::DowngradeAction action, const std::string& name,
                       const std::string& version) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  DowngradeRequest request;
  request.set_action(action);
  request.set_version(version);
  etcdserverpb::DowngradeResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Maintenance/Downgrade"), request, response));
  return session.printer().Done("Downgrade " + name + " success, cluster version " + response.version(), response,
                                nullptr);
}

Command::Action ToVersion(Session& session, DowngradeRequest::DowngradeAction action, const std::string& name) {
  return [action, name, &session](const Arguments& arguments) -> absl::Status {
    if (arguments.empty()) return Fail(Exit::kBadArguments, "TARGET_VERSION not provided");
    if (arguments.size() > 1) return Fail(Exit::kBadArguments, "too many arguments");
    if (arguments[0].empty()) return Fail(Exit::kBadArguments, "target version not provided");
    return Downgrade(session, action, name, arguments[0]);
  };
}

}  // namespace

void AddDowngrade(Command& root, Session& session) {
  Command& downgrade =
      root.Add({"downgrade", "", "Prepares the cluster for an older version", "", Group::kClusterMaintenance});
  downgrade.Add({"validate", "<TARGET_VERSION>", "Checks whether the cluster can go back to a version"})
      .SetAction(ToVersion(session, DowngradeRequest::VALIDATE, "validate"));
  downgrade.Add({"enable", "<TARGET_VERSION>", "Starts going back to a version"})
      .SetAction(ToVersion(session, DowngradeRequest::ENABLE, "enable"));
  downgrade.Add({"cancel", "", "Stops going back"}).SetAction([&session](const Arguments&) {
    return Downgrade(session, DowngradeRequest::CANCEL, "cancel", "");
  });
}

}  // namespace quorate::ctl
