#pragma once

// Time that a member's work depends on comes through this interface, so that a simulator can stand in. The network
// side, and who only measures how long something took, may read the machine's clock. What is replicated depends on
// none: in apply, time is part of the committed entry.

#include <chrono>

namespace quorate::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Never goes back, says nothing about the time of day.
  virtual std::chrono::nanoseconds Monotonic() const = 0;
  // Since 1970-01-01 UTC.
  virtual std::chrono::milliseconds Wall() const = 0;
};

// The machine's clock; lives for ever.
Clock& SystemClock();

}  // namespace quorate::base
