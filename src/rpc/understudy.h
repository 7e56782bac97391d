#pragma once

// Runs loops whose own threads are kept elsewhere for long. It looks around now and then while threads are lent at all,
// else it sleeps: so a loop pays next to nothing for lending its thread, and is found a few milliseconds late.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

namespace quorate::rpc {

class Loop;

class Understudy {
 public:
  using Loops = std::vector<std::unique_ptr<Loop>>;

  Understudy() = default;
  ~Understudy();  // Stop()s
  Understudy(const Understudy&) = delete;
  Understudy& operator=(const Understudy&) = delete;

  // The loops are to stay until Stop.
  void Start(const Loops& loops);
  void Stop();
  // Any thread: one is about to be lent, and counted so.
  void NoteLent() {
    if (!looks_.load(std::memory_order_seq_cst)) Wake();
  }

 private:
  // Between two looks; a loop that has been without its thread for half of it is run.
  static constexpr std::chrono::milliseconds kRound{5};
  // Between two ticks of a loop whose thread is away: often enough for clients.
  static constexpr std::chrono::milliseconds kTickPause{1};
  // Without anybody lent; looking on costs less than being woken anew.
  static constexpr int kIdleRoundsMax = 5;

  void Wake();
  void Run(const Loops& loops);
  static uint64_t TimesLent(const Loops& loops);
  // False when stopped meanwhile.
  bool Sleep(std::chrono::milliseconds time);

  // False: whoever lends a thread has to wake this one.
  std::atomic<bool> looks_{false};
  base::Mutex mutex_;  // guards whether it is stopped; held where looks_ becomes true, which it waits for
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::rpc
