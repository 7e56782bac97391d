#include "src/api/members_endpoint.h"

#include <string>
#include <utility>
#include <vector>

#include "quorate/base/hex.h"
#include "quorate/base/json_string.h"
#include "src/api/http_answers.h"

namespace quorate::api {
namespace {

std::string JsonStrings(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    base::AppendJsonString(text, &json);
  }
  return json + "]";
}

}  // namespace

std::string JsonMember(const membership::Member& member) {
  std::string json = R"({"id":)" + std::to_string(member.id) + R"(,"peerURLs":)" + JsonStrings(member.peer_urls);
  if (member.learner) json += R"(,"isLearner":true)";
  if (!member.name.empty()) json += R"(,"name":)" + base::JsonString(member.name);
  if (!member.client_urls.empty()) json += R"(,"clientURLs":)" + JsonStrings(member.client_urls);
  return json + "}";
}

void RegisterMembers(ServiceContext* context, const AddHttp& add) {
  add("/members", [context](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    if (!IsGet(request, reply)) return;
    const membership::Cluster cluster = context->replica->cluster();
    std::string body = "[";
    for (const membership::Member& member : cluster.members) {
      if (body.size() > 1) body += ',';
      body += JsonMember(member);
    }
    rpc::HttpResponse response;
    response.content_type = "application/json";
    response.headers = {{"X-Etcd-Cluster-Id", base::Hex(cluster.id)}};
    response.body = base::Payload(body + "]\n");
    reply(std::move(response));
  });
}

}  // namespace quorate::api
