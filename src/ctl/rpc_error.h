#pragma once

#include <string>
#include <string_view>

namespace quorate::ctl {

// Whether a message is one of the API's own error texts, which are shown as they are.
bool IsApiError(std::string_view message);
// "rpc error: code = Unavailable desc = …", the form of every other error.
std::string RpcErrorText(int grpc_code, std::string_view message);

}  // namespace quorate::ctl
