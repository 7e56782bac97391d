#pragma once

// When the server can be expected to answer. An outage begins before the server is taken down and ends once the next
// one serves: a call that began before its end and failed is excused, any other is not.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace quorate::soak {

// Any thread.
class Availability {
 public:
  explicit Availability(std::string address) : address_(std::move(address)) {}

  const std::string& address() const { return address_; }
  // Even while the server is up; changes with every outage.
  uint64_t epoch() const { return epoch_; }
  bool up() const { return epoch_ % 2 == 0; }

  void BeginOutage();
  void EndOutage();
  // The load ends. Wakes all who wait.
  void Stop();
  bool stopping() const { return stopping_; }

  // Waits while there is an outage. False when the load ends before.
  bool WaitUntilUp();
  // False when the load ends before.
  bool Sleep(std::chrono::microseconds time);

 private:
  const std::string address_;
  std::atomic<uint64_t> epoch_ = 1;
  std::atomic<bool> stopping_ = false;
  // Guards changes of the two above for those who wait.
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Lets so many calls through in a second, however many threads make them.
class Pace {
 public:
  explicit Pace(double per_second);
  // When the caller's turn is.
  std::chrono::steady_clock::time_point Take();

 private:
  const std::chrono::nanoseconds interval_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};

}  // namespace quorate::soak
