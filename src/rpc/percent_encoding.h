#pragma once

// Percent-encoding: of grpc-message (gRPC over HTTP/2, "Responses"), and of URL paths and queries (RFC 3986).

#include <optional>
#include <string>
#include <string_view>

namespace quorate::rpc {

// Bytes outside printable ASCII, and '%', as %XX. Bytes that are not UTF-8 become U+FFFD, as clients expect a string.
std::string EncodeGrpcMessage(std::string_view message);

// Undoes %XX, and reads '+' as a space in a query. Nullopt when a '%' is not followed by two hex digits.
enum class UrlPart { kPath, kQuery };
std::optional<std::string> DecodeUrl(std::string_view text, UrlPart part);

}  // namespace quorate::rpc
