#pragma once

// How many of a connection's bytes a loop works off in a step, judged by what it took before: so that bytes that are
// dear to work off, as header blocks and compressed messages may be a thousand times more than others, make their own
// connection slow and not its neighbours.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace quorate::rpc {

// One connection's. Loop thread only.
class ReadSize {
 public:
  // A hundred small requests, about.
  static constexpr std::chrono::microseconds kRead{250};
  // Of a turn, unless that time is up before.
  static constexpr size_t kTurnBytes = 256 << 10;
  // Of a step. Cheap bytes say nothing of those that follow them, and a step is not interrupted: these may be eight
  // messages that inflate to 2 MiB each, and take 9 ms. More at a time would spare few system calls.
  static constexpr size_t kBytesMax = 16 << 10;
  static constexpr size_t kBytesMin = 2 << 10;

  // To read next.
  size_t bytes() const { return bytes_; }
  // The last step brought so many and took so long to work off.
  void Took(size_t bytes, std::chrono::nanoseconds time) {
    if (time > kRead) {
      const double share = std::chrono::duration<double>(kRead) / time;
      bytes_ = std::max(kBytesMin, static_cast<size_t>(static_cast<double>(bytes) * share));
    } else if (2 * time < kRead && bytes == bytes_) {
      bytes_ = std::min(kBytesMax, 2 * bytes_);
    }
  }

 private:
  // Little at first: of those that come by the thousand, many may be dear.
  size_t bytes_ = kBytesMin;
};

}  // namespace quorate::rpc
