#include "src/api/http_answers.h"

#include <cstdint>
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
  response.body = std::move(text);
  return response;
}

bool HasQueryParameter(const rpc::HttpRequest& request, std::string_view name) {
  return !request.QueryValues(name).empty();
}

std::string JsonEscape(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      escaped.push_back('\\');
      escaped.push_back(c);
    } else if (static_cast<uint8_t>(c) < 0x20) {
      escaped += "\\u00";
      escaped.push_back(kHex[static_cast<uint8_t>(c) >> 4]);
      escaped.push_back(kHex[static_cast<uint8_t>(c) & 15]);
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

}  // namespace quorate::api
