#include "src/api/version_endpoint.h"

#include <utility>

#include "quorate/base/hex.h"
#include "quorate/base/json_string.h"
#include "src/api/http_answers.h"

namespace quorate::api {
namespace {

std::string RoleName(raft::Role role) {
  switch (role) {
    case raft::Role::kLeader:
      return "StateLeader";
    case raft::Role::kCandidate:
      return "StateCandidate";
    case raft::Role::kPreCandidate:
      return "StatePreCandidate";
    default:
      return "StateFollower";
  }
}

}  // namespace

void RegisterVersion(const Versions& versions, const AddHttp& add) {
  const std::string body = R"({"etcdserver":)" + base::JsonString(versions.server) + R"(,"etcdcluster":)" +
                           base::JsonString(versions.cluster) + R"(,"storage":)" + base::JsonString(versions.storage) +
                           "}";
  add("/version", [body](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    if (!IsGet(request, reply)) return;
    rpc::HttpResponse response;
    response.content_type = "application/json";
    response.body = base::Payload(body);
    reply(std::move(response));
  });
}

void RegisterDebugVars(ServiceContext* context, const AddHttp& add) {
  add("/debug/vars", [context](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    if (!IsGet(request, reply)) return;
    const replica::ReplicaStatus status = context->replica->status();
    rpc::HttpResponse response;
    response.content_type = "application/json; charset=utf-8";
    response.body = base::Payload("{\n\"quorate.version\": " + base::JsonString(context->options.versions.quorate) +
                                  ",\n\"raft.status\": {\"id\":\"" + base::Hex(status.member_id) +
                                  "\",\"term\":" + std::to_string(status.term) +
                                  ",\"commit\":" + std::to_string(status.commit_index) + ",\"lead\":\"" +
                                  base::Hex(status.leader) + "\",\"raftState\":\"" + RoleName(status.role) +
                                  "\",\"applied\":" + std::to_string(status.applied_index) + "}\n}\n");
    reply(std::move(response));
  });
}

}  // namespace quorate::api
