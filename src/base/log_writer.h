#pragma once

// Writes log lines on a thread of its own, so that whoever logs never waits for an output that takes nothing: a pipe
// that nobody reads, a terminal that is held, a disk that stands still.

#include <spdlog/common.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

namespace quorate::base {

// Never destroyed: threads may log until the very end of the process.
class LogWriter {
 public:
  using Sinks = std::vector<spdlog::sink_ptr>;
  // What waits for outputs that take nothing. Lines beyond it are left out, and counted.
  static constexpr size_t kQueueBytesMax = 1 << 20;

  // `left_out_line` makes the line that tells how many are missing in its place.
  LogWriter(Sinks sinks, std::function<std::string(uint64_t lines)> left_out_line);
  // Writes on the caller's thread, waiting for the output: for a child process, which has not got the thread.
  explicit LogWriter(Sinks sinks);
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // What is written from here on goes to these.
  void SetSinks(Sinks sinks);
  // Any thread. Lines are written in the order of these calls.
  void Write(spdlog::level::level_enum level, std::string line);
  // Any thread. Waits until all that came before is written; false when that takes longer than the patience.
  bool Flush(std::chrono::milliseconds patience);
  // For the writer that takes its place in a child process, where the mutex may be held by a thread that is not there.
  const Sinks& sinks() const ABSL_NO_THREAD_SAFETY_ANALYSIS { return *sinks_; }

 private:
  struct Line {
    spdlog::level::level_enum level;
    std::string text;
  };

  static void Emit(const Sinks& sinks, const Line& line);
  void Push(spdlog::level::level_enum level, std::string line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellLeftOut() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartThread();
  void Run();

  const std::function<std::string(uint64_t)> left_out_line_;  // none: without a thread

  Mutex mutex_;
  std::shared_ptr<const Sinks> sinks_ ABSL_GUARDED_BY(mutex_);
  std::deque<Line> lines_ ABSL_GUARDED_BY(mutex_);  // the first is being written
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::base
