#pragma once

// A few threads for what is too long for an event loop: big lists, metrics pages, history for watchers; in pools of
// their own what waits for the disk, hashes and snapshots (ServiceContext).

#include <chrono>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::api {

class ReaderPool {
 public:
  // Runs with OK on a pool thread; with the reason, on whatever thread, when it cannot be run.
  using Task = absl::AnyInvocable<void(absl::Status)>;

  // What may wait, over all threads. Beyond it a client does better to hear "too many requests" than to wait.
  static constexpr size_t kQueuedMax = 4096;
  // A read is refused when it would have to wait longer than this, judged by the reads of late, and when it has waited
  // twice as long after all.
  static constexpr std::chrono::milliseconds kReadWaitMax{3000};
  // What the waiting tasks may keep of requests: few are larger than their keys, but each may be of a megabyte.
  static constexpr size_t kQueuedBytesMax = 64 << 20;

  struct Options {
    int threads = 1;
    // How far its threads stand back from all others on the machine, as nice(1) counts.
    int niceness = 0;
    // Of each thread, as the system shows it.
    const char* name = "reader";
    size_t queued_max = kQueuedMax;
  };
  explicit ReaderPool(const Options& options);
  ~ReaderPool();  // Stop()s
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Any thread. `bytes`: what the task keeps of its request while it waits.
  void Submit(Task task, size_t bytes = 0) { Add({.task = std::move(task), .bytes = bytes}); }
  // The same for a client's read.
  void SubmitRead(Task task, size_t bytes) { Add({.task = std::move(task), .bytes = bytes, .is_read = true}); }
  // Whether a read would be taken on now.
  bool HasRoom(size_t bytes) const;
  // Finishes what runs, gives back what waits ("server stopped"), joins. Submit refuses from then on.
  void Stop();
  size_t queued() const;

 private:
  struct Waiting {
    Task task;
    size_t bytes = 0;
    bool is_read = false;
    std::chrono::steady_clock::time_point since = {};
  };
  void Add(Waiting waiting);
  bool HasRoomFor(const Waiting& waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();
  bool TakeNext(Waiting* next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t queued_max_;
  mutable base::Mutex mutex_;  // guards the queue
  std::deque<Waiting> tasks_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds read_time_ ABSL_GUARDED_BY(mutex_){0};  // of late
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace quorate::api
