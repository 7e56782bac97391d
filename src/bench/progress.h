#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace quorate::bench {

// While it lives, a line on standard error that says once a second how fast answers come; gone without a trace at the
// end. Nothing at all when standard error is not a terminal.
class Progress {
 public:
  // `count` must outlive this object; other threads raise it.
  Progress(std::string name, const std::atomic<uint64_t>* count);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Show();

  const std::string name_;
  const std::atomic<uint64_t>* count_;
  std::mutex mutex_;
  // Guarded by mutex_.
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread thread_;
};

}  // namespace quorate::bench
