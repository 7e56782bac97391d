#pragma once

// Requests as protobuf messages, parsed on event loops: so what they may take of time is bounded before.

#include <cstddef>
#include <string_view>

#include "quorate/base/errors.h"
#include "quorate/base/status.h"

namespace google::protobuf {
class Descriptor;
}

namespace quorate::rpc {

// Fields of a message, those of messages in it and elements of lists among them. No request has a use for more than
// some hundred, a member's URLs; a field may have two bytes, for which protobuf takes some 200 ns: 2 MiB of them would
// keep a loop for a fifth of a second, so many do for a fifth of a millisecond.
inline constexpr size_t kMessageFieldsMax = 1024;

// Any thread. Looks at one field more than that at most, and not at the bytes of strings; not at all at messages that
// are too short to have so many.
bool HasTooManyFields(std::string_view bytes, const google::protobuf::Descriptor& type);

// Not OK: etcd's error for what is too large, or what `malformed` gives for bytes that are not the message.
template <typename Message>
absl::Status ParseMessage(std::string_view bytes, Message* message, absl::Status (*malformed)()) {
  if (HasTooManyFields(bytes, *Message::descriptor())) return base::errors::RequestTooLarge();
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed();
  return absl::OkStatus();
}

}  // namespace quorate::rpc
