#pragma once

// Plain HTTP requests on the same port: HTTP/1.1, and HTTP/2 whose content type is not gRPC's.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/payload.h"
#include "quorate/rpc/call.h"

namespace quorate::rpc {

struct HttpRequest {
  std::string method;                                        // "GET"
  std::string path;                                          // "/health", percent-decoded
  std::string query;                                         // "serializable=true", raw; "" without one
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  const Peer* peer = nullptr;  // valid during the handler's call
  int loop_index = 0;          // of the loop that the handler is called on

  // The first value of a query parameter, percent-decoded; "" when absent.
  std::string QueryValue(std::string_view name) const;
  // All values of a query parameter, in order.
  std::vector<std::string> QueryValues(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  base::Payload body = {};  // what many are answered alike may be one shared Buffer
  std::vector<std::pair<std::string, std::string>> headers = {};

  bool is_error() const { return status >= 400; }
};

// Answers one request, exactly once, from any thread.
using HttpReply = std::function<void(HttpResponse)>;

// Called on the connection's loop thread. Must not block.
using HttpHandler = std::function<void(const HttpRequest& request, HttpReply reply)>;

}  // namespace quorate::rpc
