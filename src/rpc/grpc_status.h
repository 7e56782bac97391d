#pragma once

// A status as it travels in trailers, and one that the engine gives itself.

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::rpc {

// The decimal number for grpc-status; lives for ever.
std::string_view StatusText(absl::StatusCode code);
// For grpc-message.
std::string EncodedStatusMessage(std::string_view message);

// What grpc-go answers to most of what breaks the protocol.
absl::Status Internal(std::string_view message);

}  // namespace quorate::rpc
