#include "src/api/least_pace.h"

namespace quorate::api {

PaceRounds::Place PaceRounds::Add(KeepsPace* answer, Clock::time_point now) {
  const Place place = members_.insert(members_.end(), {answer, now});
  Arm();
  return place;
}

void PaceRounds::Arm() {
  if (members_.empty() || std::exchange(armed_, true)) return;
  look_later_(round_ / kLooks, [this] {
    armed_ = false;
    Look(Clock::now());
    Arm();
  });
}

void PaceRounds::Look(Clock::time_point now) {
  for (size_t left = 1 + members_.size() / kPartTold; left > 0 && !members_.empty(); --left) {
    Member& longest = members_.front();
    if (now - longest.since < round_) return;
    longest.since = now;
    members_.splice(members_.end(), members_, members_.begin());
    longest.answer->OnPaceLook();  // and it may be gone
  }
}

}  // namespace quorate::api
