#pragma once

// One loop's streams that found no room for what they have to send, though nothing of theirs is queued whose going they
// would hear of: they are asked again and again, in turn. Loop thread only.

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace quorate::api {

class AwaitsRoom {
 public:
  // There may be room for what it could not send. False: there is none yet, ask again.
  virtual bool OnRoomLook() = 0;

 protected:
  ~AwaitsRoom() = default;
};

class RoomQueue {
 public:
  // Of one look. How many go on: what room there is will do for few. How many are asked at all, and how many in a row
  // that find none before the rest is taken to find none either: most often it is all clients together who leave no
  // room. It may be one connection that has none for its streams, so those who were asked go to the end; nobody waits
  // behind them.
  static constexpr size_t kResumedMax = 50;
  static constexpr size_t kAskedMax = 256;
  static constexpr size_t kRefusedInARowMax = 32;
  // Between two looks.
  static constexpr std::chrono::milliseconds kPause{50};

  // Runs the function on this loop after the pause.
  using LookLater = std::function<void(std::function<void()> look)>;
  explicit RoomQueue(LookLater look_later) : look_later_(std::move(look_later)) {}

  // Once, however often it is added. Also from within OnRoomLook.
  void Add(AwaitsRoom* stream);
  void Remove(AwaitsRoom* stream) { waiting_.erase(stream); }
  bool empty() const { return waiting_.empty(); }
  void Look();

 private:
  void Arm();

  const LookLater look_later_;
  bool armed_ = false;
  absl::flat_hash_set<AwaitsRoom*> waiting_;
  // In turn; those that are not waiting any more are passed over, and a stream may be here twice.
  std::deque<AwaitsRoom*> turns_;
};

}  // namespace quorate::api
