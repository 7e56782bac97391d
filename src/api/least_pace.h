#pragma once

// The pace at which a client has to take an answer that keeps a state of the store: as long as it does, nothing that
// was replaced since can go, and others may wait for their turn. Loop thread only.

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <utility>

namespace quorate::api {

// One answer's, looked at in rounds. It is rounds that count and not the clock, so that nobody is blamed for a time in
// which this process stood still.
class LeastPace {
 public:
  // A sixteenth of a line of 1 MiB a second, which is a slow one to take a backup over; several answers may share it.
  static constexpr int64_t kBytesPerSecond = 64 << 10;
  // Over so many rounds of ServicesOptions::pace_round, a minute: a client may write what it gets to a disk that
  // stalls.
  static constexpr int kRounds = 6;

  explicit LeastPace(std::chrono::milliseconds round) : bytes_(kBytesPerSecond * kRounds * round.count() / 1000) {}

  // A round is over: whether enough was taken since enough was taken last, if not so many rounds ago. `taken`: from the
  // beginning. `waited`: at some time in this round the client had taken all there was.
  bool IsKept(int64_t taken, bool waited) {
    if (waited || taken - taken_before_ >= bytes_) {
      taken_before_ = taken;
      rounds_ = 0;
    } else {
      ++rounds_;
    }
    return rounds_ < kRounds;
  }

 private:
  const int64_t bytes_;
  int64_t taken_before_ = 0;
  int rounds_ = 0;
};

class KeepsPace {
 public:
  // A round is over. It may leave the rounds now.
  virtual void OnPaceLook() = 0;

 protected:
  ~KeepsPace() = default;
};

// Tells all answers of a loop of their rounds, each from when it came, and not all at once.
class PaceRounds {
 public:
  using Clock = std::chrono::steady_clock;
  // Runs the function on this loop once the delay is over.
  using LookLater = std::function<void(std::chrono::milliseconds delay, std::function<void()> look)>;
  struct Member {
    KeepsPace* answer;
    Clock::time_point since;  // its round runs
  };
  using Place = std::list<Member>::iterator;

  PaceRounds(std::chrono::milliseconds round, LookLater look_later)
      : round_(round), look_later_(std::move(look_later)) {}

  std::chrono::milliseconds round() const { return round_; }
  Place Add(KeepsPace* answer, Clock::time_point now = Clock::now());
  void Remove(Place place) { members_.erase(place); }
  void Look(Clock::time_point now);

 private:
  // Looks in a round, and the part of all that is told at one of them at most: a crowd that came together is parted.
  static constexpr int kLooks = 10;
  static constexpr size_t kPartTold = 5;

  void Arm();

  const std::chrono::milliseconds round_;
  const LookLater look_later_;
  bool armed_ = false;
  std::list<Member> members_;  // whose round runs for longest first
};

}  // namespace quorate::api
