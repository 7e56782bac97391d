#include "src/api/cluster_service.h"

#include "src/api/member_changes.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

absl::StatusOr<etcdserverpb::MemberListResponse> MemberList(const ServiceContext& context) {
  etcdserverpb::MemberListResponse response;
  // Answers of this service name no revision, in etcd either.
  *response.mutable_header() = HeaderWithoutRevision(context);
  for (const membership::Member& member : context.replica->cluster().members) {
    etcdserverpb::Member* listed = response.add_members();
    listed->set_id(member.id);
    listed->set_name(member.name);
    listed->set_islearner(member.learner);
    for (const std::string& url : member.peer_urls) listed->add_peerurls(url);
    for (const std::string& url : member.client_urls) listed->add_clienturls(url);
  }
  return response;
}

}  // namespace

void RegisterCluster(ServiceContext* context, rpc::Registry& registry) {
  RegisterMemberChanges(context, registry);
  AddUnary<etcdserverpb::MemberListRequest>(
      context, registry, "/etcdserverpb.Cluster/MemberList", Serving::kOnPool,
      [context](const auto&) { return MemberList(*context); },
      +[](const etcdserverpb::MemberListRequest& request) { return request.linearizable(); });
}

}  // namespace quorate::api
