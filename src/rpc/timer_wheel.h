#pragma once

// Timers of one event loop, at millisecond grain, for the case that nearly all are cancelled before they are due:
// scheduling and cancelling are a few pointer writes, with no allocation.

#include <array>
#include <cstdint>

namespace quorate::rpc {

// Derive from it, or hold one. Must be cancelled before it dies; the destructor does.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool scheduled() const { return wheel_ != nullptr; }

 protected:
  virtual ~Timer();
  // Due. The timer is no longer scheduled and may be scheduled again, or destroyed, from here.
  virtual void OnTimer() = 0;

 private:
  friend class TimerWheel;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  class TimerWheel* wheel_ = nullptr;
  int64_t due_ms_ = 0;
};

// Calls a function of the object that holds it.
template <typename Owner, void (Owner::*kOnTimer)()>
class MemberTimer final : public Timer {
 public:
  explicit MemberTimer(Owner* owner) : owner_(owner) {}

 private:
  void OnTimer() override { (owner_->*kOnTimer)(); }
  Owner* const owner_;
};

// Loop thread only. Times are milliseconds of any clock that does not go back.
class TimerWheel {
 public:
  explicit TimerWheel(int64_t now_ms);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Schedules, or moves, a timer.
  void Schedule(Timer* timer, int64_t due_ms);
  void Cancel(Timer* timer);
  // Fires what is due by `now_ms`, kFiredMax at most: many may be due in the same millisecond, and what they do may
  // take long. The others keep their order, and one may not sleep before they had their turn.
  void Advance(int64_t now_ms);
  // How long one may sleep at `now_ms` before Advance has something to do; -1: for ever.
  int64_t SleepMs(int64_t now_ms) const;

  // A call whose time is over takes 6 us.
  static constexpr int kFiredMax = 64;

 private:
  static constexpr int64_t kSlots = 4096;
  // Timers further off wait in one list that is looked through this often.
  static constexpr int64_t kRefileMs = kSlots / 2;
  // So many of them at a time, each a few accesses to memory. A million are through long before the first is due.
  static constexpr int kRefiledMax = 1024;

  class Head : public Timer {
   public:
    Head();
    ~Head() override;
    void OnTimer() override {}
    bool empty() const;
  };
  void Link(Timer* timer);
  void LinkInto(Head* head, Timer* timer);
  // Puts what `from` holds behind what `to` holds.
  static void Splice(Head* from, Head* to);
  void CollectDue(int64_t now_ms);
  void FireDue();
  void Refile();
  static void Unlink(Timer* timer);

  std::array<Head, kSlots> slots_;
  std::array<uint64_t, kSlots / 64> occupied_ = {};  // one bit a slot
  Head due_;                                         // what was in the slots up to now_ms_ and has not fired
  Head far_;
  Head refiling_;  // what was in far_ and has not been looked at
  int64_t now_ms_;
  int64_t refile_ms_;  // when far_ is looked through next
};

}  // namespace quorate::rpc
