#pragma once

// How much waits to be executed, and how much may: within fixed bounds that hold for everybody, no more than is served
// in kPendingWaitMax at the pace of the last moments. Beyond the latter it is crowded: those who ask for much are
// refused at once, instead of being served when nobody waits any more; who asks for little is let in.

#include <atomic>
#include <chrono>
#include <cstddef>

namespace quorate::replica {

class Admission {
 public:
  Admission();

  // Any thread. Reserves room for a batch; false when the fixed bounds leave none.
  bool Admit(size_t commands, size_t bytes);
  // Gives back what Admit took.
  void Release(size_t commands, size_t bytes);
  // So much of what was admitted is being executed and was Released. One thread at a time; time must not go back.
  void Served(size_t commands, size_t bytes, std::chrono::nanoseconds now);

  // Any thread. What waits, and what may at the pace of now.
  size_t commands() const { return commands_.load(std::memory_order_relaxed); }
  size_t commands_max() const { return commands_max_.load(std::memory_order_relaxed); }
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  size_t bytes_max() const { return bytes_max_.load(std::memory_order_relaxed); }

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
