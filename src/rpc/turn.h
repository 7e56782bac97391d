#pragma once

// How much of a connection's bytes a loop takes at a time: what it works off in one turn, judged by the turn before. So
// bytes that are dear to work off, as header blocks and compressed messages may be a thousand times more than others,
// make their own connection slow and not its neighbours.

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace quorate::rpc {

// One connection's. Loop thread only.
class Turn {
 public:
  // A hundred small requests, about.
  static constexpr std::chrono::microseconds kTurn{250};
  static constexpr size_t kBytesMax = 256 << 10;
  static constexpr size_t kBytesMin = 2 << 10;
  // Until the first turn tells.
  static constexpr size_t kBytesFirst = 16 << 10;

  // To read in the coming turn.
  size_t bytes() const { return bytes_; }
  // The last turn read so many and took so long.
  void Took(size_t bytes, std::chrono::nanoseconds time) {
    if (time > kTurn) {
      const double share = std::chrono::duration<double>(kTurn) / time;
      bytes_ = std::max(kBytesMin, static_cast<size_t>(static_cast<double>(bytes) * share));
    } else if (2 * time < kTurn && bytes == bytes_) {
      bytes_ = std::min(kBytesMax, 2 * bytes_);
    }
  }

 private:
  size_t bytes_ = kBytesFirst;
};

}  // namespace quorate::rpc
