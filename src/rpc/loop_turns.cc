// Loop: other threads than its own that run it, the understudy while that one is lent, and whoever has a few answers
// for a loop that sleeps or is away.

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "src/rpc/loop.h"

namespace quorate::rpc {

void Loop::Lend(absl::FunctionRef<void()> work) {
  // What this tick has answered already does not wait for the work, unless it is so much that the understudy has to
  // help.
  FlushDirty();
  const auto now = std::chrono::steady_clock::now();
  lent_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  times_lent_.fetch_add(1, std::memory_order_seq_cst);
  server_->understudy.NoteLent();
  // What the work answers is posted, as any other thread's.
  current_ = nullptr;
  turn_.unlock();
  work();
  turn_.lock();
  current_ = this;
  lent_at_.store(0, std::memory_order_relaxed);
  now_ = std::chrono::steady_clock::now();
}

bool Loop::RunIfAway(std::chrono::nanoseconds patience) {
  const auto is_away = [&] {
    const auto lent_at = lent_at_.load(std::memory_order_relaxed);
    return lent_at != 0 && std::chrono::steady_clock::now().time_since_epoch().count() - lent_at > patience.count();
  };
  if (!is_away()) return false;
  // Who has the turn may be the loop's own thread, back and busy for long, while another loop is away.
  const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
  if (!turn.owns_lock()) return is_away();
  if (!is_away()) return false;
  std::array<epoll_event, kEventsMax> events;
  const int count = std::max(::epoll_wait(epoll_, events.data(), kEventsMax, 0), 0);
  current_ = this;
  Work(events.data(), count);
  current_ = nullptr;
  return true;
}

void Loop::AnswerPosted() {
  now_ = std::chrono::steady_clock::now();
  CompletePosted();
  FlushDirty();
  FlushCounters();
}

bool Loop::AnswerInItsStead() {
  const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
  if (!turn.owns_lock()) return false;  // it has just woken, and sees what was posted only if it is told
  current_ = this;
  AnswerPosted();
  current_ = nullptr;
  // Back to sleep, unless there is more to do than this. Graves are left to the thread itself, which may be waking with
  // events of who lies there.
  base::MutexLock lock(&mutex_);
  sleeping_ =
      !HasMoreToDo() && completions_.empty() && functions_.empty() && now_ms() + UntilDueMs(now_ms()) >= awake_by_ms_;
  return sleeping_;
}

void Loop::AnswerFromAway() {
  // What is posted while it answers is found when it is back.
  if (std::exchange(answers_from_away_, true)) return;
  {
    // Unless the understudy has the turn, and then it answers.
    const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
    if (turn.owns_lock()) {
      current_ = this;
      AnswerPosted();
      current_ = nullptr;
    }
  }
  answers_from_away_ = false;
}

}  // namespace quorate::rpc
