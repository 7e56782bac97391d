#include <functional>

#include "src/ctl/commands.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/patient_call.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct RoleFlags {
  bool prefix = false;
  bool from_key = false;
};

struct KeyRange {
  std::string key;
  std::string end;
};

absl::Status NeedsName(const Arguments& arguments, const std::string& command) {
  if (arguments.size() == 1) return absl::OkStatus();
  return Fail(Exit::kBadArguments, "role " + command + " command requires role name as its argument");
}

// The key and range end of a permission, whose arguments begin at `first`.
absl::StatusOr<KeyRange> RangeOf(const RoleFlags& flags, const Arguments& arguments, size_t first) {
  const std::string kZeroByte(1, '\0');
  const std::string& key = arguments[first];
  bool has_end = arguments.size() > first + 1;
  if (!has_end || key.empty()) {
    if (flags.prefix && flags.from_key) {
      return Fail(Exit::kBadArguments, "--from-key and --prefix flags are mutually exclusive");
    }
    if (key.empty()) return KeyRange{kZeroByte, flags.prefix || flags.from_key ? kZeroByte : ""};
    return KeyRange{key, flags.prefix ? PrefixEnd(key) : flags.from_key ? kZeroByte : ""};
  }
  if (flags.prefix) return Fail(Exit::kBadArguments, "unexpected endkey argument with --prefix flag");
  if (flags.from_key) return Fail(Exit::kBadArguments, "unexpected endkey argument with --from-key flag");
  return KeyRange{key, arguments[first + 1]};
}

absl::StatusOr<authpb::Permission::Type> TypeOf(const std::string& text) {
  std::string name = text;
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  authpb::Permission::Type type = authpb::Permission::READ;
  if (authpb::Permission::Type_Parse(name, &type)) return type;
  return Fail(Exit::kBadArguments, "invalid permission type: " + text);
}

absl::Status Add(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "add"));
  etcdserverpb::AuthRoleAddRequest request;
  request.set_name(arguments[0]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthRoleAddResponse>(
                                                    session, "/etcdserverpb.Auth/RoleAdd", request));
  return session.printer().Done("Role " + arguments[0] + " created", response, &response.header());
}

absl::Status Delete(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "delete"));
  etcdserverpb::AuthRoleDeleteRequest request;
  request.set_role(arguments[0]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthRoleDeleteResponse>(
                                                    session, "/etcdserverpb.Auth/RoleDelete", request));
  return session.printer().Done("Role " + arguments[0] + " deleted", response, &response.header());
}

absl::Status Get(Session& session, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(NeedsName(arguments, "get"));
  etcdserverpb::AuthRoleGetRequest request;
  request.set_role(arguments[0]);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthRoleGetResponse>(
                                                    session, "/etcdserverpb.Auth/RoleGet", request, true));
  return session.printer().RoleGet(arguments[0], response);
}

absl::Status List(Session& session, const Arguments& arguments) {
  if (!arguments.empty()) return Fail(Exit::kBadArguments, "role list command requires no arguments");
  QUORATE_ASSIGN_OR_RETURN(const auto response,
                           AskPatiently<etcdserverpb::AuthRoleListResponse>(session, "/etcdserverpb.Auth/RoleList",
                                                                            etcdserverpb::AuthRoleListRequest(), true));
  return session.printer().RoleList(response);
}

absl::Status GrantPermission(Session& session, const RoleFlags& flags, const Arguments& arguments) {
  if (arguments.size() < 3) {
    return Fail(Exit::kBadArguments,
                "role grant command requires role name, permission type, and key [endkey] as its argument");
  }
  etcdserverpb::AuthRoleGrantPermissionRequest request;
  request.set_name(arguments[0]);
  QUORATE_ASSIGN_OR_RETURN(authpb::Permission::Type type, TypeOf(arguments[1]));
  QUORATE_ASSIGN_OR_RETURN(KeyRange range, RangeOf(flags, arguments, 2));
  request.mutable_perm()->set_permtype(type);
  request.mutable_perm()->set_key(range.key);
  request.mutable_perm()->set_range_end(range.end);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthRoleGrantPermissionResponse>(
                                                    session, "/etcdserverpb.Auth/RoleGrantPermission", request));
  return session.printer().Done("Role " + arguments[0] + " updated", response, &response.header());
}

std::string RevokedSentence(const std::string& role, const std::string& key, const std::string& end) {
  std::string what = "key " + key;
  if (!end.empty()) what = "range [" + key + ", " + (end == std::string(1, '\0') ? "<open ended>" : end + ")");
  return "Permission of " + what + " is revoked from role " + role;
}

absl::Status RevokePermission(Session& session, const RoleFlags& flags, const Arguments& arguments) {
  if (arguments.size() < 2) {
    return Fail(Exit::kBadArguments,
                "role revoke-permission command requires role name and key [endkey] as its argument");
  }
  QUORATE_ASSIGN_OR_RETURN(KeyRange range, RangeOf(flags, arguments, 1));
  etcdserverpb::AuthRoleRevokePermissionRequest request;
  request.set_role(arguments[0]);
  request.set_key(range.key);
  request.set_range_end(range.end);
  QUORATE_ASSIGN_OR_RETURN(const auto response, AskPatiently<etcdserverpb::AuthRoleRevokePermissionResponse>(
                                                    session, "/etcdserverpb.Auth/RoleRevokePermission", request));
  return session.printer().Done(RevokedSentence(arguments[0], arguments[1], range.end), response, &response.header());
}

void AddRangeFlags(Command& command, RoleFlags& flags) {
  command.AddFlag("prefix", &flags.prefix, "every key that begins with <key>");
  command.AddFlag("from-key", &flags.from_key, "every key from <key> on, in the order of bytes");
}

}  // namespace

void AddRole(Command& root, Session& session) {
  auto flags = std::make_shared<RoleFlags>();
  Command& role = root.Add({"role", "", "Shows and changes what roles may do", "", Group::kAuthentication});
  role.Add({"add", "<role name>", "Makes a role"}).SetAction(std::bind_front(Add, std::ref(session)));
  role.Add({"delete", "<role name>", "Deletes a role"}).SetAction(std::bind_front(Delete, std::ref(session)));
  role.Add({"get", "<role name>", "Shows the permissions of a role"})
      .SetAction(std::bind_front(Get, std::ref(session)));
  role.Add({"list", "", "Lists all roles"}).SetAction(std::bind_front(List, std::ref(session)));

  Command& grant = role.Add({"grant-permission", "[options] <role name> <permission type> <key> [endkey]",
                             "Lets a role read, write or both (readwrite)"});
  AddRangeFlags(grant, *flags);
  grant.SetAction(
      [flags, &session](const Arguments& arguments) { return GrantPermission(session, *flags, arguments); });

  Command& revoke = role.Add({"revoke-permission", "<role name> <key> [endkey]", "Takes a permission from a role"});
  AddRangeFlags(revoke, *flags);
  revoke.SetAction(
      [flags, &session](const Arguments& arguments) { return RevokePermission(session, *flags, arguments); });
}

}  // namespace quorate::ctl
