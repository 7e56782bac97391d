#include <ostream>

#include "absl/strings/str_join.h"
#include "src/ctl/commands.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/peer_urls.h"
#include "src/ctl/printer.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct MemberFlags {
  std::string peer_urls;
  bool learner = false;
  std::string consistency = "l";
};

absl::StatusOr<uint64_t> MemberId(const Arguments& arguments) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, "member ID is not provided");
  absl::StatusOr<uint64_t> id = ParseUint(arguments[0], 16);
  if (id.ok()) return id;
  return Fail(Exit::kBadArguments,
              "bad member ID arg (" + std::string(base::MessageOf(id.status())) + "), expecting ID in Hex");
}

absl::Status CheckName(const Arguments& arguments) {
  if (arguments.empty()) return Fail(Exit::kBadArguments, "member name not provided");
  if (arguments.size() == 1) return absl::OkStatus();
  std::string message = "too many arguments";
  for (const std::string& argument : arguments) {
    std::string start = argument.substr(0, 4);
    for (char& c : start) c = static_cast<char>(c | 0x20);
    if (start == "http") message += ", did you mean --peer-urls=" + argument;
  }
  return Fail(Exit::kBadArguments, message);
}

// The settings the new member is to be started with.
void ShowSettings(const std::string& name, const std::string& peer_urls,
                  const etcdserverpb::MemberAddResponse& response, std::ostream& out) {
  std::vector<std::string> members;
  for (const auto& member : response.members()) {
    const std::string& shown = member.id() == response.member().id() ? name : member.name();
    for (const auto& url : member.peerurls()) members.push_back(shown + "=" + url);
  }
  out << "\nETCD_NAME=" << Quote(name) << "\nETCD_INITIAL_CLUSTER=" << Quote(absl::StrJoin(members, ","))
      << "\nETCD_INITIAL_ADVERTISE_PEER_URLS=" << Quote(peer_urls) << "\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n";
}

absl::Status Add(Session& session, const MemberFlags& flags, const Arguments& arguments) {
  QUORATE_RETURN_IF_ERROR(CheckName(arguments));
  if (flags.peer_urls.empty()) return Fail(Exit::kBadArguments, "member peer urls not provided");
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> urls, ParsePeerUrls(flags.peer_urls));
  etcdserverpb::MemberAddRequest request;
  request.mutable_peerurls()->Assign(urls.begin(), urls.end());
  request.set_islearner(flags.learner);
  etcdserverpb::MemberAddResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Cluster/MemberAdd"), request, response));
  QUORATE_RETURN_IF_ERROR(session.printer().MemberAdd(response));
  if (session.printer().format() == "simple") ShowSettings(arguments[0], flags.peer_urls, response, session.out());
  return absl::OkStatus();
}

absl::Status Remove(Session& session, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(uint64_t id, MemberId(arguments));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::MemberRemoveRequest request;
  request.set_id(id);
  etcdserverpb::MemberRemoveResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Cluster/MemberRemove"), request, response));
  return session.printer().MemberRemove(id, response);
}

absl::Status Update(Session& session, const MemberFlags& flags, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(uint64_t id, MemberId(arguments));
  if (flags.peer_urls.empty()) return Fail(Exit::kBadArguments, "member peer urls not provided");
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> urls, ParsePeerUrls(flags.peer_urls));
  etcdserverpb::MemberUpdateRequest request;
  request.set_id(id);
  request.mutable_peerurls()->Assign(urls.begin(), urls.end());
  etcdserverpb::MemberUpdateResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Cluster/MemberUpdate"), request, response));
  return session.printer().MemberUpdate(id, response);
}

absl::Status Promote(Session& session, const Arguments& arguments) {
  QUORATE_ASSIGN_OR_RETURN(uint64_t id, MemberId(arguments));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::MemberPromoteRequest request;
  request.set_id(id);
  etcdserverpb::MemberPromoteResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Cluster/MemberPromote"), request, response));
  return session.printer().MemberPromote(id, response);
}

absl::Status List(Session& session, const MemberFlags& flags) {
  // etcdctl's message names the default of get's flag, whatever was given.
  QUORATE_ASSIGN_OR_RETURN(bool serializable, IsSerializable(flags.consistency, "l"));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(!serializable);
  etcdserverpb::MemberListResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary(session.Bounded("/etcdserverpb.Cluster/MemberList", true), request, response));
  return session.printer().MemberList(response);
}

}  // namespace

void AddMember(Command& root, Session& session) {
  auto flags = std::make_shared<MemberFlags>();
  Command& member =
      root.Add({"member", "", "Shows and changes who belongs to the cluster", "", Group::kClusterMaintenance});
  Command& add = member.Add({"add", "<memberName> [options]", "Adds a member to the cluster"});
  add.AddFlag("peer-urls", &flags->peer_urls, "where other members reach the new one, separated by commas");
  add.AddFlag("learner", &flags->learner, "let the new member learn before it votes");
  add.SetAction([flags, &session](const Arguments& arguments) { return Add(session, *flags, arguments); });

  member.Add({"remove", "<memberID>", "Takes a member out of the cluster"})
      .SetAction([&session](const Arguments& arguments) { return Remove(session, arguments); });

  Command& update = member.Add({"update", "<memberID> [options]", "Changes where other members reach a member"});
  update.AddFlag("peer-urls", &flags->peer_urls, "where other members reach it, separated by commas");
  update.SetAction([flags, &session](const Arguments& arguments) { return Update(session, *flags, arguments); });

  Command& list = member.Add({"list", "", "Lists the members of the cluster",
                              "Lists the members. In the simple format a line is: ID, status, name, peer addresses,\n"
                              "client addresses, is learner."});
  list.AddFlag("consistency", &flags->consistency, "l asks the cluster (linearizable), s the member (serializable)");
  list.SetAction([flags, &session](const Arguments&) { return List(session, *flags); });

  member.Add({"promote", "<memberID>", "Makes a learner a voting member"})
      .SetAction([&session](const Arguments& arguments) { return Promote(session, arguments); });
}

}  // namespace quorate::ctl
