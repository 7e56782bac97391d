#pragma once

// Decompression of request messages (grpc-encoding: gzip, deflate) with a bound on what comes out.

#include <string>
#include <string_view>

#include "quorate/base/status.h"

namespace quorate::rpc {

enum class Encoding { kIdentity, kGzip, kDeflate, kUnknown };

// What a grpc-encoding header names.
Encoding ParseEncoding(std::string_view name);
// For grpc-accept-encoding.
inline constexpr std::string_view kAcceptedEncodings = "identity,deflate,gzip";

// ResourceExhausted once more than `size_max` bytes come out, Internal when the data is damaged; grpc-go's texts.
absl::Status Inflate(Encoding encoding, std::string_view compressed, size_t size_max, std::string* out);

}  // namespace quorate::rpc
