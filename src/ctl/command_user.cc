#include <functional>
#include <istream>
#include <ostream>

#include "src/ctl/commands.h"
#include "src/ctl/names.h"
#include "src/ctl/password.h"
#include "src/ctl/patient_call.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct UserFlags {
  bool interactive = true;
  std::string password;
  bool no_password = false;
  bool detail = false;
};

absl::Status NeedsName(const Arguments& arguments, const std::string& command) {
  if (arguments.size() == 1) return absl::OkStatus();
  return Fail(Exit::kBadArguments, "user " + command + " command requires user name as its argument");
}

// Asks twice at a terminal, or takes one word from standard input, which may be empty.
absl::StatusOr<std::string> ReadPassword(Session& session, const std::string& user, bool interactive) {
  if (!interactive) {
    std::string word;
    session.in() >> word;
    return word;
  }
  std::string password = AskPassword("Password of " + user + ": ", session.in(), session.out());
  if (password.empty()) return Fail(Exit::kBadArguments, "empty password");
  std::string again =
      AskPassword("Type password of " + user + " again for confirmation: ", session.in(), session.out());
  if (password != again) return Fail(Exit::kBadArguments, "given passwords are different");
  return password;
}

absl::Status Add(Session& session, const UserFlags& flags, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "add"));
  etcdserverpb::AuthUserAddRequest request;
  request.set_name(arguments[0]);
  request.mutable_options()->set_no_password(flags.no_password);
  size_t colon = arguments[0].find(':');
  if (flags.no_password) {
    // Known by a certificate.
  } else if (!flags.password.empty()) {
    request.set_password(flags.password);
  } else if (colon != std::string::npos) {
    if (colon == 0) return Fail(Exit::kBadArguments, "empty user name is not allowed");
    request.set_name(arguments[0].substr(0, colon));
    request.set_password(arguments[0].substr(colon + 1));
  } else {
    QUORATE_ASSIGN_OR_RETURN(std::string password, ReadPassword(session, arguments[0], flags.interactive));
    request.set_password(password);
  }
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthUserAddResponse>(
                                                    session, "/etcdserverpb.Auth/UserAdd", request));
  return session.printer().Done("User " + request.name() + " created", response, &response.header());
}

absl::Status Delete(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "delete"));
  etcdserverpb::AuthUserDeleteRequest request;
  request.set_name(arguments[0]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthUserDeleteResponse>(
                                                    session, "/etcdserverpb.Auth/UserDelete", request));
  return session.printer().Done("User " + arguments[0] + " deleted", response, &response.header());
}

absl::Status ShowRoles(Session& session, Client& client, const std::string& user,
                       const etcdserverpb::AuthUserGetResponse& roles) {
  session.out() << "User: " << user << "\n";
  for (const auto& role : roles.roles()) {
    session.out() << "\n";
    etcdserverpb::AuthRoleGetRequest request;
    request.set_role(role);
    etcdserverpb::AuthRoleGetResponse response;
    QUORATE_RETURN_IF_ERROR(client.Unary(Patient("/etcdserverpb.Auth/RoleGet", true), request, response));
    QUORATE_RETURN_IF_ERROR(session.printer().RoleGet(role, response));
  }
  return absl::OkStatus();
}

absl::Status Get(Session& session, const UserFlags& flags, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "get"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::AuthUserGetRequest request;
  request.set_name(arguments[0]);
  etcdserverpb::AuthUserGetResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(Patient("/etcdserverpb.Auth/UserGet", true), request, response));
  if (flags.detail) return ShowRoles(session, *client, arguments[0], response);
  return session.printer().UserGet(arguments[0], response);
}

absl::Status List(Session& session, const Arguments& arguments) {
  if (!arguments.empty()) return Fail(Exit::kBadArguments, "user list command requires no arguments");
  QUORATE_ASSIGN_OR_RETURN(const auto response,
                           AskPatiently<etcdserverpb::AuthUserListResponse>(session, "/etcdserverpb.Auth/UserList",
                                                                            etcdserverpb::AuthUserListRequest(), true));
  return session.printer().UserList(response);
}

absl::Status ChangePassword(Session& session, const UserFlags& flags, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "passwd"));
  QUORATE_ASSIGN_OR_RETURN(std::string password, ReadPassword(session, arguments[0], flags.interactive));
  etcdserverpb::AuthUserChangePasswordRequest request;
  request.set_name(arguments[0]);
  request.set_password(password);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthUserChangePasswordResponse>(
                                                    session, "/etcdserverpb.Auth/UserChangePassword", request));
  return session.printer().Done("Password updated", response, &response.header());
}

absl::Status GrantRole(Session& session, const Arguments& arguments) {
  if (arguments.size() != 2) {
    return Fail(Exit::kBadArguments, "user grant command requires user name and role name as its argument");
  }
  etcdserverpb::AuthUserGrantRoleRequest request;
  request.set_user(arguments[0]);
  request.set_role(arguments[1]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthUserGrantRoleResponse>(
                                                    session, "/etcdserverpb.Auth/UserGrantRole", request));
  return session.printer().Done("Role " + arguments[1] + " is granted to user " + arguments[0], response,
                                &response.header());
}

absl::Status RevokeRole(Session& session, const Arguments& arguments) {
  if (arguments.size() != 2) {
    return Fail(Exit::kBadArguments, "user revoke-role requires user name and role name as its argument");
  }
  etcdserverpb::AuthUserRevokeRoleRequest request;
  request.set_name(arguments[0]);
  request.set_role(arguments[1]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthUserRevokeRoleResponse>(
                                                    session, "/etcdserverpb.Auth/UserRevokeRole", request));
  return session.printer().Done("Role " + arguments[1] + " is revoked from user " + arguments[0], response,
                                &response.header());
}

}  // namespace

void AddUser(Command& root, Session& session) {
  auto flags = std::make_shared<UserFlags>();
  Command& user = root.Add({"user", "", "Shows and changes users and their roles", "", Group::kAuthentication});

  Command& add = user.Add({"add", "<user name or user:password> [options]", "Makes a user"});
  add.AddFlag("interactive", &flags->interactive, "ask for the password twice; else read one word of standard input");
  add.AddFlag("new-user-password", &flags->password, "the password");
  add.AddFlag("no-password", &flags->no_password, "make a user who is known by a client certificate only");
  add.SetAction([flags, &session](const Arguments& arguments) { return Add(session, *flags, arguments); });

  user.Add({"delete", "<user name>", "Deletes a user"}).SetAction(std::bind_front(Delete, std::ref(session)));

  Command& get = user.Add({"get", "<user name> [options]", "Shows the roles of a user"});
  get.AddFlag("detail", &flags->detail, "show the permissions of each role");
  get.SetAction([flags, &session](const Arguments& arguments) { return Get(session, *flags, arguments); });

  user.Add({"list", "", "Lists all users"}).SetAction(std::bind_front(List, std::ref(session)));

  Command& passwd = user.Add({"passwd", "<user name> [options]", "Changes the password of a user"});
  passwd.AddFlag("interactive", &flags->interactive,
                 "ask for the password twice; else read one word of standard input");
  passwd.SetAction(
      [flags, &session](const Arguments& arguments) { return ChangePassword(session, *flags, arguments); });

  user.Add({"grant-role", "<user name> <role name>", "Gives a role to a user"})
      .SetAction(std::bind_front(GrantRole, std::ref(session)));
  user.Add({"revoke-role", "<user name> <role name>", "Takes a role from a user"})
      .SetAction(std::bind_front(RevokeRole, std::ref(session)));
}

}  // namespace quorate::ctl
