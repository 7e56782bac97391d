#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

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
  base::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::bench
