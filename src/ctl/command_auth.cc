#include <functional>
#include <ostream>

#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

absl::Status NoArguments(const Arguments& arguments, const std::string& command) {
  if (arguments.empty()) return absl::OkStatus();
  return Fail(Exit::kBadArguments, "auth " + command + " command does not accept any arguments");
}

absl::Status Status(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NoArguments(arguments, "status"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::AuthStatusResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Auth/AuthStatus", true),
                                        etcdserverpb::AuthStatusRequest(), response));
  return session.printer().AuthStatus(response);
}

// Gives the user root the role root.
absl::Status MakeRoot(Session& session, Client& client) {
  etcdserverpb::AuthRoleAddRequest role;
  role.set_name("root");
  etcdserverpb::AuthRoleAddResponse added;
  QUORATE_RETURN_IF_ERROR(client.Unary(session.Bounded("/etcdserverpb.Auth/RoleAdd"), role, added));
  etcdserverpb::AuthUserGrantRoleRequest grant;
  grant.set_user("root");
  grant.set_role("root");
  etcdserverpb::AuthUserGrantRoleResponse granted;
  return client.Unary(session.Bounded("/etcdserverpb.Auth/UserGrantRole"), grant, granted);
}

absl::Status Enable(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NoArguments(arguments, "enable"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  const Call call = session.Bounded("/etcdserverpb.Auth/AuthEnable");
  etcdserverpb::AuthEnableResponse response;
  absl::Status status = client->Unary(call, etcdserverpb::AuthEnableRequest(), response);
  if (base::MessageOf(status) == "etcdserver: root user does not have root role") {
    QUORATE_RETURN_IF_ERROR(MakeRoot(session, *client));
    status = client->Unary(call, etcdserverpb::AuthEnableRequest(), response);
  }
  QUORATE_RETURN_IF_ERROR(status);
  session.out() << "Authentication Enabled\n";
  return absl::OkStatus();
}

absl::Status Disable(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NoArguments(arguments, "disable"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::AuthDisableResponse response;
  QUORATE_RETURN_IF_ERROR(
      client->Unary(session.Bounded("/etcdserverpb.Auth/AuthDisable"), etcdserverpb::AuthDisableRequest(), response));
  session.out() << "Authentication Disabled\n";
  return absl::OkStatus();
}

}  // namespace

void AddAuth(Command& root, Session& session) {
  Command& auth = root.Add({"auth", "", "Turns authentication on and off", "", Group::kAuthentication});
  auth.Add({"enable", "", "Turns authentication on"}).SetAction(std::bind_front(Enable, std::ref(session)));
  auth.Add({"disable", "", "Turns authentication off"}).SetAction(std::bind_front(Disable, std::ref(session)));
  auth.Add({"status", "", "Shows whether authentication is on"}).SetAction(std::bind_front(Status, std::ref(session)));
}

}  // namespace quorate::ctl
