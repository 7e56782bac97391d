#pragma once

// Where committed events come in, on the apply thread, and where every event loop finds them: the recent window.
//
// A commit costs the apply thread one copy of its events' references, appended to the window, and one post for each
// loop that has watchers and has not been told already; nothing per watcher. Without watchers it costs one load.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/mvcc/store.h"
#include "quorate/watch/bounds.h"
#include "quorate/watch/event.h"

namespace quorate::watch {

// What an event in the window is counted for beside its record.
inline constexpr size_t kWindowEventBytes = sizeof(Event);

// Who is told that there is something new. Called on the apply thread, with the hub locked: only pass the word on.
class Listener {
 public:
  virtual void OnCommitted() = 0;

 protected:
  ~Listener() = default;
};

class Hub {
 public:
  explicit Hub(size_t window_bytes_max = kWindowBytesMax, size_t window_events_max = kWindowEventsMax)
      : window_bytes_max_(window_bytes_max), window_events_max_(window_events_max) {}
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // The store that the events come from; before the first listener joins. It must outlive all use of the hub.
  void Attach(mvcc::Store* store) { store_ = store; }
  mvcc::Store& store() const { return *store_; }

  // mvcc::StoreOptions::on_commit: the apply thread.
  void OnCommit(const std::vector<mvcc::Event>& changes);

  // --- Any thread.
  // From the revision that the store shows after Join on, every commit comes to the window and the listener is told.
  // Joined twice, it must leave twice.
  void Join(Listener* listener);
  void Leave(Listener* listener);
  // Counts watchers that want former values: while there are any, events get them as far as they are in memory.
  void WantPrevious(int change) { previous_wanted_.fetch_add(change); }

  // For who would read more former values than kFormerBytesTogetherMax: of all loops one at a time. False: not now.
  bool BeginLargeRead() { return !large_read_.exchange(true); }
  void EndLargeRead() { large_read_.store(false); }

  // The batches after revision `position`, oldest first, until they pass `bytes_max`. False when the window does not
  // hold the next one. `*newest` is the last revision that came to the window, or `position` when that is higher.
  bool Collect(int64_t position, size_t bytes_max, Batches* batches, int64_t* newest) const;
  // The first revision in the window; INT64_MAX when it is empty.
  int64_t window_first() const { return window_first_.load(std::memory_order_relaxed); }
  // Events and bytes in the window.
  size_t window_events() const;
  size_t window_bytes() const;

 private:
  // What leaves the window goes to `dropped`, to be destroyed once the mutex is free: it may be a million events.
  void Append(std::shared_ptr<const Batch> batch, Batches* dropped) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Clear(Batches* dropped) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t window_bytes_max_;
  const size_t window_events_max_;
  mvcc::Store* store_ = nullptr;
  std::atomic<int> joined_{0};
  std::atomic<int> previous_wanted_{0};
  std::atomic<bool> large_read_{false};
  std::atomic<int64_t> window_first_{INT64_MAX};

  mutable base::Mutex mutex_;  // guards the window and who listens; held for pointers only
  std::vector<Listener*> listeners_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const Batch>> window_ ABSL_GUARDED_BY(mutex_);
  size_t window_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t window_events_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quorate::watch
