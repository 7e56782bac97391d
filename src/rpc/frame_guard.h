#pragma once

// How many frames a client may send that carry no request: a flood of them costs the far side nothing and us a loop's
// time. What nghttp2 does not stop on its own is counted here.

#include <cstdint>

namespace quorate::rpc {

// Tokens that come back with time, and as work is done. Loop thread only.
class TokenBucket {
 public:
  TokenBucket(int64_t burst, int64_t per_second) : burst_(burst), per_second_(per_second), tokens_(burst) {}

  // False when none is left.
  bool Take(int64_t now_ms);
  void Give(int64_t tokens);

 private:
  const int64_t burst_;
  const int64_t per_second_;
  int64_t tokens_;
  int64_t refilled_ms_ = 0;  // 0: never
};

// One connection's.
class FrameGuard {
 public:
  // Each returns false when there were too many: cut the connection off.
  // PRIORITY, SETTINGS, PING, WINDOW_UPDATE, and DATA without a byte or an end. Frames of unknown types are skipped
  // below us, at no more cost than that of reading them.
  bool OnIdleFrame(int64_t now_ms) { return idle_frames_.Take(now_ms); }
  // RST_STREAM received (the "rapid reset" attack), or sent because of what the client did ("made you reset").
  bool OnReset(int64_t now_ms) { return resets_.Take(now_ms); }

  // A request, or bytes of one, came; an answer, or at least kWorkBytesMin of one, went out. Clients send window
  // updates and pings in proportion to these.
  void OnWork() { idle_frames_.Give(kIdleFramesPerWork); }
  // A client that opens its window byte by byte makes many frames of nothing.
  static constexpr uint64_t kWorkBytesMin = 64;

 private:
  static constexpr int64_t kIdleFramesBurst = 10'000;
  static constexpr int64_t kIdleFramesPerSecond = 1000;
  static constexpr int64_t kIdleFramesPerWork = 4;
  static constexpr int64_t kResetsBurst = 2000;
  static constexpr int64_t kResetsPerSecond = 500;

  TokenBucket idle_frames_{kIdleFramesBurst, kIdleFramesPerSecond};
  TokenBucket resets_{kResetsBurst, kResetsPerSecond};
};

}  // namespace quorate::rpc
