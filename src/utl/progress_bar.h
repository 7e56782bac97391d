#pragma once

// One line on a terminal that grows while something is done.

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace quorate::utl {

class ProgressBar {
 public:
  // Writes nothing when `shown` is false.
  ProgressBar(std::ostream& out, bool shown) : out_(out), shown_(shown) {}
  ~ProgressBar() { Clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Redraws, but only so often that drawing costs nothing. The label may change.
  void Show(const std::string& label, uint64_t done, uint64_t total);
  // Takes the line away, for others to write on.
  void Clear();

 private:
  std::ostream& out_;
  const bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point drawn_at_;
};

}  // namespace quorate::utl
