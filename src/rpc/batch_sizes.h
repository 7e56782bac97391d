#pragma once

// How much a loop does for a connection at a time: how many of its bytes it works off in a step, judged by what it took
// before, so that bytes that are dear to work off, as header blocks and compressed messages may be a thousand times
// more than others, make their own connection slow and not its neighbours; and how much it sends.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

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

// What a loop does in a row for each of so many connections that have something to send.
class FlushShare {
 public:
  explicit FlushShare(size_t connections)
      : bytes_(std::max(kBytes / std::max<size_t>(connections, 1), kBytesMin)),
        time_(std::max(kTime / static_cast<int64_t>(std::max<size_t>(connections, 1)), kTimeMin)) {}

  // To write, about.
  size_t bytes() const { return bytes_; }
  // For what waited for room among what is written now; at least one message, or one handler, has its turn.
  std::chrono::nanoseconds time() const { return time_; }

  static constexpr size_t kBytes = 1 << 20;
  static constexpr size_t kBytesMin = 64 << 10;  // a system call for less is dear
  static constexpr std::chrono::nanoseconds kTime{250'000};
  static constexpr std::chrono::nanoseconds kTimeMin{25'000};

 private:
  size_t bytes_;
  std::chrono::nanoseconds time_;
};

}  // namespace quorate::rpc
