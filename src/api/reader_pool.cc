#include "src/api/reader_pool.h"

#include <optional>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/base/this_thread.h"

namespace quorate::api {

ReaderPool::ReaderPool(const Options& options)
    : clock_(options.clock != nullptr ? *options.clock : base::SystemClock()),
      tasks_(options.queued_max, kQueuedBytesMax) {
  threads_.reserve(static_cast<size_t>(options.threads));
  for (int i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this, niceness = options.niceness, name = options.name] {
      base::NameThisThread(name);
      base::StandBack(niceness);
      Run();
    });
  }
}

ReaderPool::~ReaderPool() { Stop(); }

bool ReaderPool::HasRoomFor(const Waiting& waiting) const {
  if (!tasks_.HasRoomFor(waiting.owner, waiting.bytes)) return false;
  if (!waiting.is_read) return true;
  const auto ahead = static_cast<int64_t>(tasks_.Ahead(waiting.owner));
  return ahead * read_time_ / static_cast<int64_t>(threads_.size()) <= kReadWaitMax;
}

bool ReaderPool::HasRoom(size_t bytes, Owner owner) const {
  base::MutexLock lock(&mutex_);
  return !stopped_ && HasRoomFor({.task = nullptr, .bytes = bytes, .owner = owner, .is_read = true});
}

void ReaderPool::Add(Waiting waiting) {
  absl::Status refusal;
  {
    base::MutexLock lock(&mutex_);
    if (stopped_) {
      refusal = base::errors::Stopped();
    } else if (!HasRoomFor(waiting)) {
      refusal = base::errors::TooManyRequests();
    } else {
      waiting.since = clock_.Monotonic();
      tasks_.Add(std::move(waiting));
      return;
    }
  }
  waiting.task(std::move(refusal));
}

void ReaderPool::Stop() {
  std::vector<Waiting> unserved;
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
    for (Waiting next; tasks_.Take(&next);) unserved.push_back(std::move(next));
  }
  for (Waiting& waiting : unserved) waiting.task(base::errors::Stopped());
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

size_t ReaderPool::queued() const {
  base::MutexLock lock(&mutex_);
  return tasks_.size();
}

void ReaderPool::Run() {
  constexpr int64_t kReadsOfLate = 16;
  std::optional<std::chrono::nanoseconds> last_read_time;
  while (true) {
    Waiting next;
    {
      base::MutexLock lock(&mutex_);
      if (last_read_time.has_value()) read_time_ += (*last_read_time - read_time_) / kReadsOfLate;
      // Whoever adds a task hands it to one of the threads that wait, in this condition, and wakes no other.
      mutex_.Await([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return next.task || tasks_.Take(&next) || stopped_; });
      if (!next.task) return;
    }
    const std::chrono::nanoseconds begun = clock_.Monotonic();
    const bool too_late = next.is_read && begun - next.since > 2 * kReadWaitMax;
    next.task(too_late ? base::errors::TooManyRequests() : absl::OkStatus());
    next.task = nullptr;
    last_read_time.reset();
    if (next.is_read) last_read_time = clock_.Monotonic() - begun;
  }
}

}  // namespace quorate::api
