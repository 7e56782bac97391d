#include "src/api/member_changes.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "quorate/base/errors.h"
#include "quorate/config/url.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

using membership::Cluster;
using membership::Member;

absl::Status NotSupported(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented, "quorate: " + std::string(what) + " is not supported yet");
}

bool HasPeerUrl(const Cluster& cluster, const std::string& url) {
  return std::any_of(cluster.members.begin(), cluster.members.end(), [&](const Member& member) {
    return std::find(member.peer_urls.begin(), member.peer_urls.end(), url) != member.peer_urls.end();
  });
}

absl::StatusOr<etcdserverpb::MemberAddResponse> Add(const Cluster& cluster,
                                                    const etcdserverpb::MemberAddRequest& request) {
  if (request.peerurls().empty()) return base::errors::BadMemberUrls();
  for (const std::string& url : request.peerurls()) {
    if (!config::ParseUrl(url).ok()) return base::errors::BadMemberUrls();
  }
  for (const std::string& url : request.peerurls()) {
    if (HasPeerUrl(cluster, url)) return base::errors::PeerUrlsExist();
  }
  return NotSupported("adding a member");
}

absl::StatusOr<etcdserverpb::MemberRemoveResponse> Remove(const Cluster& cluster,
                                                          const etcdserverpb::MemberRemoveRequest& request) {
  if (cluster.Find(request.id()) == nullptr) return base::errors::MemberNotFound();
  // The last member cannot leave; etcd sends this one error with another code than its list says.
  return base::MakeStatus(absl::StatusCode::kUnknown, base::MessageOf(base::errors::NotEnoughStarted()));
}

absl::StatusOr<etcdserverpb::MemberUpdateResponse> Update(const Cluster& cluster,
                                                          const etcdserverpb::MemberUpdateRequest& request) {
  if (cluster.Find(request.id()) == nullptr) return base::errors::MemberNotFound();
  return NotSupported("changing a member's peer URLs");
}

absl::StatusOr<etcdserverpb::MemberPromoteResponse> Promote(const Cluster& cluster,
                                                            const etcdserverpb::MemberPromoteRequest& request) {
  const Member* member = cluster.Find(request.id());
  if (member == nullptr) return base::errors::MemberNotFound();
  if (!member->learner) return base::errors::NotLearner();
  return NotSupported("promoting a member");
}

template <typename Request, typename Response>
void AddMethod(ServiceContext* context, rpc::Registry& registry, const std::string& name,
               absl::StatusOr<Response> (*serve)(const Cluster&, const Request&)) {
  AddUnary<Request>(context, registry, "/etcdserverpb.Cluster/" + name, Serving::kOnLoop,
                    [context, serve](const Request& request) { return serve(context->replica->cluster(), request); });
}

}  // namespace

void RegisterMemberChanges(ServiceContext* context, rpc::Registry& registry) {
  AddMethod(context, registry, "MemberAdd", Add);
  AddMethod(context, registry, "MemberRemove", Remove);
  AddMethod(context, registry, "MemberUpdate", Update);
  AddMethod(context, registry, "MemberPromote", Promote);
}

}  // namespace quorate::api
