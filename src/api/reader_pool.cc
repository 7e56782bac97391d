#include "src/api/reader_pool.h"

#include <pthread.h>

#include <utility>

#include "quorate/base/errors.h"

namespace quorate::api {

ReaderPool::ReaderPool(int threads) {
  threads_.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), "reader");
      Run();
    });
  }
}

ReaderPool::~ReaderPool() { Stop(); }

void ReaderPool::Submit(Task task, size_t bytes) {
  absl::Status refusal;
  {
    base::MutexLock lock(&mutex_);
    if (stopped_) {
      refusal = base::errors::Stopped();
    } else if (tasks_.size() >= kQueuedMax || (bytes > 0 && queued_bytes_ + bytes > kQueuedBytesMax)) {
      refusal = base::errors::TooManyRequests();
    } else {
      tasks_.push_back({std::move(task), bytes});
      queued_bytes_ += bytes;
      return;
    }
  }
  task(std::move(refusal));
}

void ReaderPool::Stop() {
  std::deque<Waiting> unserved;
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
    unserved.swap(tasks_);
    queued_bytes_ = 0;
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
  while (true) {
    Task task;
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return HasWork(); });
      if (stopped_) return;
      task = std::move(tasks_.front().task);
      queued_bytes_ -= tasks_.front().bytes;
      tasks_.pop_front();
    }
    task(absl::OkStatus());
  }
}

}  // namespace quorate::api
