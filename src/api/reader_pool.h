#pragma once

// A few threads for what is too long for an event loop: big lists, metrics pages, history for watchers; in pools of
// their own what waits for the disk, hashes and snapshots (ServiceContext).

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "quorate/base/clock.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "src/api/reader_queue.h"

namespace quorate::api {

class ReaderPool {
 public:
  // Runs with OK on a pool thread; with the reason, on whatever thread, when it cannot be run.
  using Task = absl::AnyInvocable<void(absl::Status)>;
  // Who has it run, and so whose turn it takes.
  using Owner = ReaderQueue::Owner;
  static constexpr Owner kMember = ReaderQueue::kMember;

  // What may wait, over all threads; of one connection as much as is left for others. Beyond it a client does better to
  // hear "too many requests" than to wait.
  static constexpr size_t kQueuedMax = 4096;
  // A read is refused when it would have to wait longer than this, judged by the reads of late and by its place in the
  // turns, and when it has waited twice as long after all.
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
    base::Clock* clock = nullptr;  // null: the machine's
  };
  explicit ReaderPool(const Options& options);
  ~ReaderPool();  // Stop()s
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Any thread. `bytes`: what the task keeps of its request while it waits.
  void Submit(Task task, size_t bytes = 0, Owner owner = kMember) {
    Add({.task = std::move(task), .bytes = bytes, .owner = owner});
  }
  // The same for a client's read.
  void SubmitRead(Task task, size_t bytes, Owner owner = kMember) {
    Add({.task = std::move(task), .bytes = bytes, .owner = owner, .is_read = true});
  }
  // Whether a read would be taken on now.
  bool HasRoom(size_t bytes, Owner owner) const;
  // Finishes what runs, gives back what waits ("server stopped"), joins. Submit refuses from then on.
  void Stop();
  size_t queued() const;

 private:
  using Waiting = ReaderQueue::Waiting;
  void Add(Waiting waiting);
  bool HasRoomFor(const Waiting& waiting) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();

  base::Clock& clock_;
  mutable base::Mutex mutex_;  // guards the queue
  ReaderQueue tasks_ ABSL_GUARDED_BY(mutex_);
  std::chrono::nanoseconds read_time_ ABSL_GUARDED_BY(mutex_){0};  // of late
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace quorate::api
