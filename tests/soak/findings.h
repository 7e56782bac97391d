#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

namespace quorate::soak {

// What was found wrong. Any thread.
class Findings {
 public:
  enum class Output { kStandardError, kNone };
  explicit Findings(Output output = Output::kStandardError) : output_(output) {}

  // Prints it at once; after the first few dozen they are only counted.
  void Add(const std::string& what);
  int count() const { return count_; }

 private:
  const Output output_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex printing_;
  std::atomic<int> count_ = 0;
};

}  // namespace quorate::soak
