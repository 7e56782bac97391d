#pragma once

#include <string>

namespace quorate::rpc::testing {

// `window` as zlib's deflateInit2 has it: 15 + 16 for gzip, 15 for deflate.
std::string Gzip(const std::string& text, int window = 15 + 16);

}  // namespace quorate::rpc::testing
