#pragma once

// The payload of CommandType::kMemberAttributes: what a member says of itself when it starts, which no client sends.
// docs/formats/entry.md

#include <string>
#include <string_view>

#include "quorate/membership/membership.h"

namespace quorate::replica {

// Id, name and client URLs.
std::string EncodeMemberAttributes(const membership::Member& member);
// Into a new `member`; false when malformed.
bool DecodeMemberAttributes(std::string_view bytes, membership::Member* member);

}  // namespace quorate::replica
