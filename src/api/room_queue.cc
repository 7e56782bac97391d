#include "src/api/room_queue.h"

namespace quorate::api {

void RoomQueue::Add(AwaitsRoom* stream) {
  if (waiting_.insert(stream).second) turns_.push_back(stream);
  Arm();
}

void RoomQueue::Arm() {
  if (empty() || std::exchange(armed_, true)) return;
  look_later_([this] {
    armed_ = false;
    Look();
    Arm();
  });
}

void RoomQueue::Look() {
  size_t resumed = 0, asked = 0, refused_in_a_row = 0;
  // Those who are added meanwhile have their turn at another look.
  for (size_t left = turns_.size(); left > 0; --left) {
    if (resumed == kResumedMax || asked == kAskedMax || refused_in_a_row == kRefusedInARowMax) return;
    AwaitsRoom* stream = turns_.front();
    turns_.pop_front();
    if (waiting_.erase(stream) == 0) continue;
    ++asked;
    if (stream->OnRoomLook()) {
      ++resumed;
      refused_in_a_row = 0;
    } else {
      ++refused_in_a_row;
      Add(stream);
    }
  }
}

}  // namespace quorate::api
