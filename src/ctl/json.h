#pragma once

// JSON as etcdctl writes it: protocol field names, 64-bit integers as numbers, enums as numbers, bytes in base64,
// fields with their zero value left out.

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace quorate::ctl {

std::string ToJson(const google::protobuf::Message& message);
// A string literal; also escapes <, > and &, and replaces invalid UTF-8.
std::string JsonString(std::string_view text);
std::string Base64(std::string_view bytes);

}  // namespace quorate::ctl
