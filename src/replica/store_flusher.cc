#include "src/replica/store_flusher.h"

#include "quorate/base/logging.h"
#include "quorate/base/this_thread.h"

namespace quorate::replica {

void StoreFlusher::Start() { thread_ = std::thread(&StoreFlusher::Run, this); }

void StoreFlusher::Stop() {
  {
    base::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void StoreFlusher::Request() {
  base::MutexLock lock(&mutex_);
  requested_ = true;
}

void StoreFlusher::Run() {
  base::NameThisThread("flusher");
  auto wanted = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return requested_ || stopped_; };
  bool failing = false;
  while (true) {
    {
      base::MutexLock lock(&mutex_);
      mutex_.Await(wanted);
      if (stopped_) return;
    }
    absl::Status flushed = database_->Flush();
    if (!flushed.ok() && !failing) {
      QUORATE_LOG(kWarn, "could not flush the store; it is tried again", {{"error", flushed}});
    }
    failing = !flushed.ok();
    base::MutexLock lock(&mutex_);
    requested_ = false;
  }
}

}  // namespace quorate::replica
