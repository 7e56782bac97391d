#pragma once

// Requests as protobuf messages, for services that do not read the bytes themselves.

#include <string_view>

namespace quorate::api {

// Only what the message knows is kept: unknown fields would take up to sixteen times their bytes for as long as the
// request waits. False on bytes that are not the message.
template <typename Message>
bool Parse(std::string_view bytes, Message* message) {
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  message->DiscardUnknownFields();
  // What is emptied keeps its capacity, a copy does not.
  if (message->ByteSizeLong() != bytes.size()) *message = Message(*message);
  return true;
}

}  // namespace quorate::api
