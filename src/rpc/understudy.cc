#include "src/rpc/understudy.h"

#include "quorate/base/this_thread.h"
#include "src/rpc/loop.h"

namespace quorate::rpc {

Understudy::~Understudy() { Stop(); }

void Understudy::Start(const Loops& loops) {
  thread_ = std::thread([this, &loops] { Run(loops); });
}

void Understudy::Stop() {
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Understudy::Wake() {
  base::MutexLock lock(&mutex_);
  looks_.store(true, std::memory_order_seq_cst);
}

bool Understudy::Sleep(std::chrono::milliseconds time) {
  const auto stopped = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_; };
  base::MutexLock lock(&mutex_);
  return !mutex_.AwaitFor(stopped, time);
}

void Understudy::Run(const Loops& loops) {
  base::NameThisThread("rpc-understudy");
  base::TakeShortTurns();
  const auto woken = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopped_ || looks_.load(); };
  while (true) {
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await(woken);
    }
    uint64_t lent = TimesLent(loops);
    bool one_runs = false;
    for (int idle_rounds = 0; idle_rounds < kIdleRoundsMax; ++idle_rounds) {
      if (!Sleep(one_runs ? kTickPause : kRound)) return;
      one_runs = false;
      for (const std::unique_ptr<Loop>& loop : loops) one_runs = loop->RunIfAway(kRound / 2) || one_runs;
      // Looked at once: who lends after this look is seen by the next, or by the one below.
      const uint64_t lent_by_now = TimesLent(loops);
      if (one_runs || lent_by_now != lent) idle_rounds = -1;
      lent = lent_by_now;
    }
    looks_.store(false, std::memory_order_seq_cst);
    // Who lent a thread before this was to be seen has woken nobody.
    if (lent != TimesLent(loops)) looks_.store(true, std::memory_order_seq_cst);
  }
}

uint64_t Understudy::TimesLent(const Loops& loops) {
  uint64_t times = 0;
  for (const std::unique_ptr<Loop>& loop : loops) times += loop->times_lent();
  return times;
}

}  // namespace quorate::rpc
