#pragma once

// Small pieces of plain HTTP answers, in the form net/http gives them.

#include <functional>
#include <string>
#include <string_view>

#include "quorate/rpc/http.h"

namespace quorate::api {

// Adds a plain HTTP handler to a port; rpc::Registry::AddHttp has the rules of paths.
using AddHttp = std::function<void(std::string path, rpc::HttpHandler handler)>;

// The handler as the client port serves it: with headers that let pages of any origin ask, and answering OPTIONS.
rpc::HttpHandler WithAccessControl(rpc::HttpHandler handler);
// What stands behind no path.
void ServeNotFound(const rpc::HttpRequest& request, const rpc::HttpReply& reply);
// True for GET; otherwise answers 405 with what is allowed.
bool IsGet(const rpc::HttpRequest& request, const rpc::HttpReply& reply);
// An error as text.
rpc::HttpResponse PlainError(int status, std::string text);
// Whether a query names the parameter, with or without a value.
bool HasQueryParameter(const rpc::HttpRequest& request, std::string_view name);

}  // namespace quorate::api
