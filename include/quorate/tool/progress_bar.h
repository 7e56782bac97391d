#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>

namespace quorate::tool {

// A line at a terminal that shows how much is done and is drawn over itself. Used by one thread at a time.
class ProgressBar {
 public:
  enum class Unit { kCount, kBytes };

  // Shows nothing if `terminal` is null; otherwise that outlives the bar.
  ProgressBar(std::ostream* terminal, Unit unit);
  // Ends the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(uint64_t done, uint64_t total);

 private:
  std::ostream* const terminal_;
  const Unit unit_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_;  // not drawn again before
  bool drawn_ = false;
};

}  // namespace quorate::tool
