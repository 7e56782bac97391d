#pragma once

// What many may ask for at the same time, and which need be read only once: those who ask before it is begun share it.
// One is under way at a time, so that however many ask, they never have more than one of a pool's threads.

#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "src/api/reader_pool.h"

namespace quorate::api {

// Must be there for as long as a task of its own is.
template <typename Asker>
class SharedRead {
 public:
  // Gives the task to a pool.
  using Submit = std::function<void(ReaderPool::Task task)>;
  // Answers all of them: with OK on the pool's thread; with the reason why nothing is read, on whatever thread.
  using Serve = std::function<void(absl::Status status, std::vector<Asker> askers)>;

  // `shared_max`: how many share one, since to answer them takes its time, too.
  SharedRead(size_t shared_max, Submit submit, Serve serve)
      : shared_max_(shared_max), submit_(std::move(submit)), serve_(std::move(serve)) {}

  // Any thread.
  void Add(Asker asker) {
    {
      base::MutexLock lock(&mutex_);
      askers_.push_back(std::move(asker));
      if (std::exchange(under_way_, true)) return;
    }
    Begin();
  }

 private:
  void Begin() {
    submit_([this](absl::Status status) {
      // What one is refused, the rest would be, too.
      const size_t taken_max = status.ok() ? shared_max_ : std::numeric_limits<size_t>::max();
      serve_(std::move(status), Take(taken_max));
      if (IsAskedAgain()) Begin();
    });
  }

  std::vector<Asker> Take(size_t max) {
    std::vector<Asker> taken;
    base::MutexLock lock(&mutex_);
    for (; !askers_.empty() && taken.size() < max; askers_.pop_front()) taken.push_back(std::move(askers_.front()));
    return taken;
  }

  bool IsAskedAgain() {
    base::MutexLock lock(&mutex_);
    under_way_ = !askers_.empty();
    return under_way_;
  }

  const size_t shared_max_;
  const Submit submit_;
  const Serve serve_;
  base::Mutex mutex_;  // guards who waits
  std::deque<Asker> askers_ ABSL_GUARDED_BY(mutex_);
  bool under_way_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quorate::api
