#include "src/ctl/cluster_endpoints.h"

#include "etcdserverpb/rpc.pb.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {

absl::StatusOr<std::vector<std::string>> EndpointsToAsk(Session& session, bool cluster) {
  // As etcdctl: what keeps it from asking who the members are has no exit code of its own.
  QUORATE_RETURN_IF_ERROR(session.Prepare(cluster ? Exit::kError : Exit::kBadArguments));
  if (!cluster) return session.Endpoints();
  absl::StatusOr<std::unique_ptr<Client>> client = session.Connect();
  if (!client.ok()) return Fail(Exit::kError, base::MessageOf(client.status()));
  etcdserverpb::MemberListRequest request;
  request.set_linearizable(true);
  etcdserverpb::MemberListResponse response;
  absl::Status status = (*client)->Unary(session.Bounded("/etcdserverpb.Cluster/MemberList", true), request, response);
  if (!status.ok()) {
    return Fail(Exit::kError,
                "failed to fetch endpoints from etcd cluster member list: " + std::string(base::MessageOf(status)));
  }
  std::vector<std::string> endpoints;
  for (const auto& member : response.members()) {
    endpoints.insert(endpoints.end(), member.clienturls().begin(), member.clienturls().end());
  }
  return endpoints;
}

}  // namespace quorate::ctl
