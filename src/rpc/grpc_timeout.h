#pragma once

// The grpc-timeout header: up to eight digits and a unit of H M S m u n.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace quorate::rpc {

// The timeout, or nullopt when malformed; `error` then says how, in grpc-go's words.
std::optional<std::chrono::nanoseconds> ParseGrpcTimeout(std::string_view text, std::string* error);

}  // namespace quorate::rpc
