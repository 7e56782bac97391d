#pragma once

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::ctl {

// Whether a message is one of the API's own error texts, which are shown as they are.
bool IsApiError(std::string_view message);
// "rpc error: code = Unavailable desc = …", the form of every other error.
std::string RpcErrorText(int grpc_code, std::string_view message);
// Of an answer that lacks what every server puts in.
absl::Status MalformedAnswer();

}  // namespace quorate::ctl
