#include "src/replica/deadline_timer.h"

#include <utility>

#include "quorate/base/this_thread.h"

namespace quorate::replica {

DeadlineTimer::DeadlineTimer(base::Clock* clock, std::chrono::nanoseconds wait, Expire expire)
    : clock_(clock), wait_(wait), expire_(std::move(expire)) {}
DeadlineTimer::~DeadlineTimer() { Stop(); }

void DeadlineTimer::Start() { thread_ = std::thread(&DeadlineTimer::Run, this); }

void DeadlineTimer::Stop() {
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void DeadlineTimer::Arm() {
  if (armed_.load(std::memory_order_seq_cst)) return;
  base::MutexLock lock(&mutex_);
  armed_.store(true, std::memory_order_seq_cst);
}

bool DeadlineTimer::Sleep(std::chrono::nanoseconds time) {
  const auto stopped = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_; };
  base::MutexLock lock(&mutex_);
  return !mutex_.AwaitFor(stopped, time);
}

void DeadlineTimer::Run() {
  base::NameThisThread("deadlines");
  const auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || armed_.load(); };
  while (true) {
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await(wanted);
    }
    // The first to wait has only just begun.
    for (std::optional<std::chrono::nanoseconds> next = clock_->Monotonic() + wait_; next.has_value();) {
      if (!Sleep(*next - clock_->Monotonic())) return;
      // Before looking: who begins to wait after the look finds it so and arms the timer again.
      armed_.store(false, std::memory_order_seq_cst);
      next = expire_(clock_->Monotonic());
      if (next.has_value()) armed_.store(true, std::memory_order_seq_cst);
    }
  }
}

}  // namespace quorate::replica
