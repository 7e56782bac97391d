#include "src/api/http_answers.h"

#include <utility>

namespace quorate::api {

rpc::HttpHandler WithAccessControl(rpc::HttpHandler handler) {
  return [handler = std::move(handler)](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    rpc::HttpReply with_headers = [reply = std::move(reply)](rpc::HttpResponse response) {
      response.headers.emplace_back("Access-Control-Allow-Headers", "accept, content-type, authorization");
      response.headers.emplace_back("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
      response.headers.emplace_back("Access-Control-Allow-Origin", "*");
      reply(std::move(response));
    };
    if (request.method == "OPTIONS") return with_headers({});
    handler(request, std::move(with_headers));
  };
}

void ServeNotFound(const rpc::HttpRequest&, const rpc::HttpReply& reply) {
  reply(PlainError(404, "404 page not found\n"));
}

bool IsGet(const rpc::HttpRequest& request, const rpc::HttpReply& reply) {
  if (request.method == "GET") return true;
  rpc::HttpResponse refusal = PlainError(405, "Method Not Allowed\n");
  refusal.headers.emplace_back("Allow", "GET");
  reply(std::move(refusal));
  return false;
}

rpc::HttpResponse PlainError(int status, std::string text) {
  rpc::HttpResponse response;
  response.status = status;
  response.headers = {{"X-Content-Type-Options", "nosniff"}};
  response.body = base::Payload(std::move(text));
  return response;
}

bool HasQueryParameter(const rpc::HttpRequest& request, std::string_view name) {
  return !request.QueryValues(name).empty();
}

}  // namespace quorate::api
