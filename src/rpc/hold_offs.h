#pragma once

// How many calls a loop refuses a second before it stops reading from those that it refuses: a client that asks again
// at once would else keep it, and the client's own processor, busy with refusing, at the expense of what is served.
// What is not read waits in the sockets, and holds up nobody else.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "src/rpc/frame_guard.h"

namespace quorate::rpc {

// One loop's. Loop thread only.
class Refusals {
 public:
  // About a tenth of a core.
  static constexpr int64_t kPerSecond = 25'000;
  static constexpr int64_t kBurst = 50'000;
  // What was refused beyond it is forgotten, so that nobody waits long for a burst.
  static constexpr int64_t kDebtMax = kPerSecond / 10;

  // A call is refused whose message was so large. True: its connection is to be held off.
  bool Note(int64_t now_ms, size_t message_bytes);
  // Who is held off waits for its turn.
  void HoldOff(uint64_t connection) { waiting_.push_back(connection); }
  // The next connection that may be read again: one for each millisecond, so that a crowd does not come back at once.
  std::optional<uint64_t> Next(int64_t now_ms);
  bool anyone_waits() const { return !waiting_.empty(); }

 private:
  static constexpr int64_t kTurnsMax = 32;
  static constexpr int64_t kTurnsPerSecond = 1000;
  // Reading so much costs about as much as refusing a call.
  static constexpr size_t kBytesPerToken = 1 << 10;

  TokenBucket tokens_{kBurst, kPerSecond};
  TokenBucket turns_{kTurnsMax, kTurnsPerSecond};
  std::deque<uint64_t> waiting_;
};

}  // namespace quorate::rpc
