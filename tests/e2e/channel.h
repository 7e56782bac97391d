#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace quorate::testing {

// A channel with a connection of its own, without message size limits, that reconnects within milliseconds.
std::shared_ptr<grpc::Channel> OwnChannel(const std::string& address);

}  // namespace quorate::testing
