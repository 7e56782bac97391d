#pragma once

// The watch streams of one event loop, for what concerns them together: periodic progress notices, the loss of the
// leader, the end. Loop thread only.

#include <chrono>
#include <map>
#include <random>

#include "absl/container/flat_hash_map.h"
#include "src/api/room_queue.h"
#include "src/api/service_context.h"

namespace quorate::api {

// What a stream hears from here.
class WatchStreamEvents : public AwaitsRoom {
 public:
  // False: it wants no more notices.
  virtual bool OnNoticeDue() = 0;
  virtual void End(absl::Status status) = 0;

 protected:
  ~WatchStreamEvents() = default;
};

class WatchStreams {
 public:
  using Clock = std::chrono::steady_clock;
  // etcd's, the least that may be asked for, and the most that is kept to: as good as none.
  static constexpr std::chrono::milliseconds kNoticeIntervalDefault{600'000};
  static constexpr std::chrono::milliseconds kNoticeIntervalMin{100};
  static constexpr std::chrono::milliseconds kNoticeIntervalMax = std::chrono::hours(24 * 365);
  // Streams that demand a leader end when there was none at so many looks in a row.
  static constexpr std::chrono::milliseconds kLeaderLook{1000};
  static constexpr int kLooksWithoutLeaderMax = 3;

  WatchStreams(ServiceContext* context, int loop_index);

  void Add(WatchStreamEvents* stream, bool needs_leader);
  void Remove(WatchStreamEvents* stream);
  // Periodic notices from now on, at the stream's own beat.
  void BeginNotices(WatchStreamEvents* stream);
  // For a stream that has nothing queued whose going it would hear of: asks it again and again whether there is room
  // now.
  void AwaitRoom(WatchStreamEvents* stream);
  void EndAll(const absl::Status& status);

 private:
  struct Entry {
    Clock::time_point beat;  // the next
    std::chrono::milliseconds interval;
    bool needs_leader;
    bool noticed = false;
  };

  std::chrono::milliseconds DrawInterval();
  void Arm();
  void OnBeat();
  void ArmLeaderLook();
  void LookForLeader();

  ServiceContext* const context_;
  const int loop_index_;
  const std::chrono::milliseconds interval_;
  std::minstd_rand random_;
  absl::flat_hash_map<WatchStreamEvents*, Entry> streams_;
  std::multimap<Clock::time_point, WatchStreamEvents*> beats_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  bool looking_ = false;
  int needing_leader_ = 0;
  int looks_without_leader_ = 0;
};

}  // namespace quorate::api
