#pragma once

// What a cluster is alarmed about, and which member raised it. Part of the replicated state.

#include <cstdint>
#include <string>

namespace quorate::replica {

// Numbers are the API's. Others may be raised and are kept, without effect.
enum class AlarmType : int32_t {
  kNone = 0,     // in a request: every type
  kNoSpace = 1,  // somebody's space quota is used up: nothing more is stored
  kCorrupt = 2,  // somebody's data is not what the others have: nothing changes any more
};
// "NOSPACE", "CORRUPT"; the number of one that has no name.
std::string NameOf(AlarmType type);

struct Alarm {
  AlarmType type = AlarmType::kNone;
  uint64_t member = 0;

  auto operator<=>(const Alarm&) const = default;
};

}  // namespace quorate::replica
