#pragma once

// From a plain HTTP request, of either version, to the handler that answers it.

#include <cstdint>
#include <string>
#include <string_view>

#include "quorate/rpc/http.h"
#include "src/rpc/connection.h"

namespace quorate::rpc {

// `target` is the request's path and query; the rest of `request` is filled in. The answer comes to the connection's
// protocol as CompleteHttp(stream), perhaps before this returns.
void DispatchHttp(Connection* connection, int32_t stream, std::string_view target, HttpRequest request);

// An answer of the engine's own, of one line.
HttpResponse PlainAnswer(int status, std::string_view text);
// "Too many requests". Without a body, so that it is gone though the far side takes no answers.
HttpResponse TooManyRequestsAnswer();

}  // namespace quorate::rpc
