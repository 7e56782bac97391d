#include "quorate/base/clock.h"

namespace quorate::base {
namespace {

class MachineClock final : public Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
  }
  std::chrono::milliseconds Wall() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock* const clock = new MachineClock;
  return *clock;
}

}  // namespace quorate::base
