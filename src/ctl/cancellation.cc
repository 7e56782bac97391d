#include "src/ctl/cancellation.h"

#include <utility>

namespace quorate::ctl {

void Cancellation::Cancel() {
  base::MutexLock lock(&mutex_);
  if (std::exchange(cancelled_, true)) return;
  for (const auto& action : actions_) action();
}

bool Cancellation::cancelled() const {
  base::MutexLock lock(&mutex_);
  return cancelled_;
}

void Cancellation::Wait() const {
  base::MutexLock lock(&mutex_);
  mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return cancelled_; });
}

bool Cancellation::WaitFor(Duration duration) const {
  base::MutexLock lock(&mutex_);
  return mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return cancelled_; }, duration);
}

Cancellation::Hook::Hook(Cancellation* cancellation, std::function<void()> action) : cancellation_(cancellation) {
  if (cancellation_ == nullptr) return;
  base::MutexLock lock(&cancellation_->mutex_);
  place_ = cancellation_->actions_.insert(cancellation_->actions_.end(), std::move(action));
  if (cancellation_->cancelled_) (*place_)();
}

Cancellation::Hook::~Hook() {
  if (cancellation_ == nullptr) return;
  base::MutexLock lock(&cancellation_->mutex_);
  cancellation_->actions_.erase(place_);
}

}  // namespace quorate::ctl
