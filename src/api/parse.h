#pragma once

// Requests as protobuf messages, for services that do not read the bytes themselves.

#include <string_view>

#include "quorate/base/status.h"
#include "quorate/rpc/parse.h"

namespace quorate::api {

// The status of bytes that are not the message the method takes, as gRPC servers in Go word it for unary and for
// streaming calls.
absl::Status Malformed();
absl::Status MalformedInStream();

// Only what the message knows is kept: unknown fields would take up to sixteen times their bytes for as long as the
// request waits. Not OK on bytes that are not the message, and on more fields than any has a use for. What is not kept
// is parsed by rpc::ParseMessage.
template <typename Message>
absl::Status Parse(std::string_view bytes, Message* message) {
  QUORATE_RETURN_IF_ERROR(rpc::ParseMessage(bytes, message, Malformed));
  message->DiscardUnknownFields();
  // What is emptied keeps its capacity, a copy does not.
  if (message->ByteSizeLong() != bytes.size()) *message = Message(*message);
  return absl::OkStatus();
}

}  // namespace quorate::api
