#pragma once

// How many frames a client may send that carry no request: a flood of them costs the far side nothing and us a loop's
// time. What nghttp2 does not stop on its own is counted here.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "src/rpc/token_bucket.h"

namespace quorate::rpc {

// One connection's.
class FrameGuard {
 public:
  // Each returns false when there were too many: cut the connection off.
  // PRIORITY, PING, WINDOW_UPDATE, HEADERS of streams that are over, and DATA of less than kWorkBytesMin without an
  // end.
  bool OnIdleFrame(int64_t now_ms) { return idle_frames_.Take(now_ms); }
  // SETTINGS: each may change the window of every open stream.
  bool OnSettings(int64_t now_ms, size_t streams) {
    const auto weight = 1 + static_cast<int64_t>(streams) / kStreamsPerSettingsToken;
    return idle_frames_.Take(now_ms, std::min(weight, kSettingsTokensMax));
  }
  // RST_STREAM received (the "rapid reset" attack), or sent because of what the client did ("made you reset").
  bool OnReset(int64_t now_ms) { return resets_.Take(now_ms); }
  // Bytes of frames that are skipped: of unknown types, and of streams that are over.
  bool OnSkipped(int64_t now_ms, int64_t bytes) { return skipped_bytes_.Take(now_ms, bytes); }

  // A request, a message or at least kWorkBytesMin of one came; an answer, or at least kWorkBytesMin of one, went out.
  // Clients send window updates and pings in proportion to these.
  void OnWork() { idle_frames_.Give(kIdleFramesPerWork); }
  // A client that opens its window byte by byte, or sends a message that way, makes many frames of nothing.
  static constexpr uint64_t kWorkBytesMin = 64;

 private:
  static constexpr int64_t kIdleFramesBurst = 10'000;
  static constexpr int64_t kIdleFramesPerSecond = 1000;
  static constexpr int64_t kIdleFramesPerWork = 4;
  static constexpr int64_t kResetsBurst = 2000;
  static constexpr int64_t kResetsPerSecond = 500;
  static constexpr int64_t kStreamsPerSettingsToken = 16;
  static constexpr int64_t kSettingsTokensMax = 1000;
  // A client whose requests are refused before they have come whole may have a stream's window of each on its way.
  static constexpr int64_t kSkippedBytesBurst = int64_t{64} << 20;
  static constexpr int64_t kSkippedBytesPerSecond = int64_t{8} << 20;

  TokenBucket idle_frames_{kIdleFramesBurst, kIdleFramesPerSecond};
  TokenBucket resets_{kResetsBurst, kResetsPerSecond};
  TokenBucket skipped_bytes_{kSkippedBytesBurst, kSkippedBytesPerSecond};
};

}  // namespace quorate::rpc
