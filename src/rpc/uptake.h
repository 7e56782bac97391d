#pragma once

// Whether the far side takes what waits for it. A byte now and then does not count: what waits would stay for ever.

#include <cstddef>

namespace quorate::rpc {

// Of one stream's answers, or of all those of a connection; looked at in rounds. Loop thread only.
class Uptake {
 public:
  void Took(size_t bytes) { taken_ += bytes; }
  // Nothing waits, or not because of the far side.
  void BeginAnew() { taken_ = 0; }
  // A round is over, and so much is left: whether enough was taken since enough was taken last, which may be several
  // rounds ago.
  bool IsEnough(size_t left) {
    if (taken_ * kShare < taken_ + left) return false;
    taken_ = 0;
    return true;
  }

  // The part that is enough. In the time that answers have (Protocol::kAnswerRoundsMax), a line of 10 KB a second takes
  // as much of all that may wait for one connection; for what may wait on one stream, 11 KB are enough.
  static constexpr size_t kShare = 100;

 private:
  size_t taken_ = 0;
};

}  // namespace quorate::rpc
