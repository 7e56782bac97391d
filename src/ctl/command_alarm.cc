#include <functional>

#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

constexpr char kMethod[] = "/etcdserverpb.Maintenance/Alarm";

absl::Status List(Session& session, const Arguments& arguments) {
  if (!arguments.empty()) return Fail(Exit::kBadArguments, "alarm list command accepts no arguments");
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::AlarmResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded(kMethod, true), etcdserverpb::AlarmRequest(), response));
  return session.printer().Alarms(response);
}

// Clears every alarm that is raised and shows those.
absl::Status Disarm(Session& session, const Arguments& arguments) {
  if (!arguments.empty()) return Fail(Exit::kBadArguments, "alarm disarm command accepts no arguments");
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::AlarmResponse raised;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded(kMethod, true), etcdserverpb::AlarmRequest(), raised));
  etcdserverpb::AlarmResponse cleared;
  for (const auto& alarm : raised.alarms()) {
    etcdserverpb::AlarmRequest request;
    request.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
    request.set_memberid(alarm.memberid());
    request.set_alarm(alarm.alarm());
    etcdserverpb::AlarmResponse response;
    QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded(kMethod, true), request, response));
    cleared.mutable_alarms()->MergeFrom(response.alarms());
  }
  return session.printer().Alarms(cleared);
}

}  // namespace

void AddAlarm(Command& root, Session& session) {
  Command& alarm = root.Add({"alarm", "", "Shows and clears alarms", "", Group::kClusterMaintenance});
  alarm.Add({"disarm", "", "Clears all alarms"}).SetAction(std::bind_front(Disarm, std::ref(session)));
  alarm.Add({"list", "", "Lists all alarms"}).SetAction(std::bind_front(List, std::ref(session)));
}

}  // namespace quorate::ctl
