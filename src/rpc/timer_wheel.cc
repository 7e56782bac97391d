#include "src/rpc/timer_wheel.h"

#include <algorithm>
#include <bit>

#include "quorate/base/check.h"

namespace quorate::rpc {

Timer::~Timer() {
  if (wheel_ != nullptr) wheel_->Cancel(this);
}

TimerWheel::Head::Head() { previous_ = next_ = this; }
TimerWheel::Head::~Head() = default;
bool TimerWheel::Head::empty() const { return next_ == this; }

TimerWheel::TimerWheel(int64_t now_ms) : now_ms_(now_ms), refile_ms_(now_ms + kRefileMs) {}

TimerWheel::~TimerWheel() {
  const auto forget = [](Head& head) {
    while (!head.empty()) {
      Timer* timer = head.next_;
      Unlink(timer);
      timer->wheel_ = nullptr;
    }
  };
  for (Head& head : slots_) forget(head);
  forget(due_);
  forget(far_);
  forget(refiling_);
}

void TimerWheel::Unlink(Timer* timer) {
  timer->previous_->next_ = timer->next_;
  timer->next_->previous_ = timer->previous_;
}

void TimerWheel::LinkInto(Head* head, Timer* timer) {
  timer->previous_ = head->previous_;
  timer->next_ = head;
  head->previous_->next_ = timer;
  head->previous_ = timer;
}

void TimerWheel::Link(Timer* timer) {
  // What is already due goes into the next slot to be looked at.
  const int64_t due = std::max(timer->due_ms_, now_ms_ + 1);
  if (due - now_ms_ >= kSlots) {
    LinkInto(&far_, timer);
    return;
  }
  const int64_t slot = due % kSlots;
  LinkInto(&slots_[slot], timer);
  occupied_[slot / 64] |= uint64_t{1} << (slot % 64);
}

void TimerWheel::Schedule(Timer* timer, int64_t due_ms) {
  if (timer->wheel_ != nullptr) Cancel(timer);
  timer->wheel_ = this;
  timer->due_ms_ = due_ms;
  Link(timer);
}

void TimerWheel::Cancel(Timer* timer) {
  if (timer->wheel_ == nullptr) return;
  QUORATE_CHECK(timer->wheel_ == this) << "a timer of another loop";
  // The only one in its slot: the slot is empty now. (A far timer that is alone has no slot; far_ is told by address.)
  const bool alone = timer->previous_ == timer->next_;
  Timer* head = timer->next_;
  Unlink(timer);
  timer->wheel_ = nullptr;
  const auto address = reinterpret_cast<uintptr_t>(head);
  if (!alone || address < reinterpret_cast<uintptr_t>(&slots_.front()) ||
      address > reinterpret_cast<uintptr_t>(&slots_.back())) {
    return;
  }
  const int64_t slot = static_cast<Head*>(head) - slots_.data();
  occupied_[slot / 64] &= ~(uint64_t{1} << (slot % 64));
}

void TimerWheel::Splice(Head* from, Head* to) {
  if (from->empty()) return;
  from->next_->previous_ = to->previous_;
  to->previous_->next_ = from->next_;
  from->previous_->next_ = to;
  to->previous_ = from->previous_;
  from->next_ = from->previous_ = from;
}

void TimerWheel::CollectDue(int64_t now_ms) {
  const int64_t first = now_ms_ + 1;
  const int64_t last = std::min(now_ms, first + kSlots - 1);
  now_ms_ = now_ms;
  for (int64_t at = first; at <= last;) {
    const int64_t slot = at % kSlots;
    const uint64_t bits = occupied_[slot / 64] >> (slot % 64);
    if (bits == 0) {
      at += 64 - slot % 64;
      continue;
    }
    at += std::countr_zero(bits);
    if (at > last) break;
    const int64_t found = at % kSlots;
    Splice(&slots_[found], &due_);
    occupied_[found / 64] &= ~(uint64_t{1} << (found % 64));
    ++at;
  }
}

void TimerWheel::FireDue() {
  // One by one, since what fires may cancel what follows.
  for (int left = kFiredMax; left > 0 && !due_.empty(); --left) {
    Timer* timer = due_.next_;
    Unlink(timer);
    timer->wheel_ = nullptr;
    timer->OnTimer();
  }
}

void TimerWheel::Refile() {
  for (int left = kRefiledMax; left > 0 && !refiling_.empty(); --left) {
    Timer* timer = refiling_.next_;
    Unlink(timer);
    Link(timer);
  }
}

void TimerWheel::Advance(int64_t now_ms) {
  if (now_ms > now_ms_) {
    CollectDue(now_ms);
    if (now_ms >= refile_ms_) {
      refile_ms_ = now_ms + kRefileMs;
      Splice(&far_, &refiling_);
    }
  }
  FireDue();
  Refile();
}

int64_t TimerWheel::SleepMs(int64_t now_ms) const {
  if (!due_.empty() || !refiling_.empty()) return 0;
  int64_t next = INT64_MAX;
  for (int64_t at = now_ms_ + 1; at < now_ms_ + 1 + kSlots;) {
    const int64_t slot = at % kSlots;
    const uint64_t bits = occupied_[slot / 64] >> (slot % 64);
    if (bits != 0) {
      next = at + std::countr_zero(bits);
      break;
    }
    at += 64 - slot % 64;
  }
  if (!far_.empty()) next = std::min(next, refile_ms_);
  if (next == INT64_MAX) return -1;
  return std::max<int64_t>(next - now_ms, 0);
}

}  // namespace quorate::rpc
