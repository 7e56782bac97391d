#pragma once

// How much may wait to be executed: what is served in kPendingWaitMax at the pace of the last moments, within fixed
// bounds. Whoever comes beyond it is refused at once, instead of being served when nobody waits any more.

#include <atomic>
#include <chrono>
#include <cstddef>

namespace quorate::replica {

class Admission {
 public:
  Admission();

  // Any thread. Reserves room for a batch; false when there is none.
  bool Admit(size_t commands, size_t bytes);
  // Gives back what Admit took.
  void Release(size_t commands, size_t bytes);
  // So much of what was admitted is being executed and was Released. One thread at a time; time must not go back.
  void Served(size_t commands, size_t bytes, std::chrono::nanoseconds now);

  // Any thread.
  size_t commands() const { return commands_.load(std::memory_order_relaxed); }
  // Room for commands at the pace of now, waiting ones included.
  size_t commands_max() const { return commands_max_.load(std::memory_order_relaxed); }

 private:
  // The pace is judged over at least this long.
  static constexpr std::chrono::milliseconds kWindow{500};

  void ForgetPace(std::chrono::nanoseconds now);

  std::atomic<size_t> commands_{0};
  std::atomic<size_t> bytes_{0};
  std::atomic<size_t> commands_max_;
  std::atomic<size_t> bytes_max_;
  // Of Served's thread.
  std::chrono::nanoseconds window_began_{0};
  size_t window_commands_ = 0;
  size_t window_bytes_ = 0;
};

}  // namespace quorate::replica
