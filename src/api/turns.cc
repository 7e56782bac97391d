#include "src/api/turns.h"

#include <utility>

namespace quorate::api {

std::unique_ptr<Turns::Turn> Turns::Enter() {
  base::MutexLock lock(&mutex_);
  const bool has_come = have_come_ < at_a_time_;
  if (!has_come && waiting_.size() >= waiting_max_) return nullptr;
  std::unique_ptr<Turn> turn(new Turn(this));
  turn->has_come_ = has_come;
  if (has_come) {
    ++have_come_;
  } else {
    waiting_.push_back(turn.get());
  }
  return turn;
}

void Turns::Leave(Turn* turn) {
  std::function<void()> come;
  {
    base::MutexLock lock(&mutex_);
    if (!turn->has_come_) {
      waiting_.remove(turn);
      return;
    }
    if (waiting_.empty()) {
      --have_come_;
      return;
    }
    Turn* next = waiting_.front();
    waiting_.pop_front();
    next->has_come_ = true;
    come = std::move(next->come_);
  }
  // Not set where it was not asked yet: it will be told then.
  if (come) come();
}

Turns::Turn::~Turn() { turns_->Leave(this); }

bool Turns::Turn::HasCome(std::function<void()> come) {
  base::MutexLock lock(&turns_->mutex_);
  if (!has_come_) come_ = std::move(come);
  return has_come_;
}

}  // namespace quorate::api
