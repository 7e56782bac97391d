#include "src/replica/admission.h"

#include <algorithm>

#include "src/replica/bounds.h"

namespace quorate::replica {

Admission::Admission() : commands_max_(kPendingCommandsMax), bytes_max_(kPendingBytesMax) {}

bool Admission::Admit(size_t commands, size_t bytes) {
  const size_t commands_before = commands_.fetch_add(commands, std::memory_order_relaxed);
  const size_t bytes_before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  // A batch that finds nobody waiting is always let in, however large: otherwise it never would be.
  const bool fits = commands_before == 0 ||
                    (commands_before + commands <= kPendingCommandsMax && bytes_before + bytes <= kPendingBytesMax);
  if (!fits) Release(commands, bytes);
  return fits;
}

void Admission::Release(size_t commands, size_t bytes) {
  commands_.fetch_sub(commands, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

void Admission::ForgetPace(std::chrono::nanoseconds now) {
  window_began_ = now;
  window_commands_ = window_bytes_ = 0;
}

void Admission::Served(size_t commands, size_t bytes, std::chrono::nanoseconds now) {
  const bool few_wait = this->commands() < kPendingCommandsMin;
  if (few_wait && this->bytes() < kPendingBytesMin) {
    // Nothing is known of the pace that is possible.
    commands_max_.store(kPendingCommandsMax, std::memory_order_relaxed);
    bytes_max_.store(kPendingBytesMax, std::memory_order_relaxed);
    ForgetPace(now);
    return;
  }
  window_commands_ += commands;
  window_bytes_ += bytes;
  const std::chrono::nanoseconds elapsed = now - window_began_;
  if (elapsed < kWindow) return;
  const double windows = std::chrono::duration<double>(kPendingWaitMax) / elapsed;
  const auto in_time = [windows](size_t served) { return static_cast<size_t>(static_cast<double>(served) * windows); };
  commands_max_.store(std::clamp(in_time(window_commands_), kPendingCommandsMin, kPendingCommandsMax),
                      std::memory_order_relaxed);
  bytes_max_.store(std::clamp(in_time(window_bytes_), kPendingBytesMin, kPendingBytesMax), std::memory_order_relaxed);
  ForgetPace(now);
}

}  // namespace quorate::replica
