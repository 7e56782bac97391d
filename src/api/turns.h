#pragma once

// Turns at what only so many may be at in the whole process: who comes while they are waits, in order.

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"

namespace quorate::api {

// Any thread. Must be there for as long as its turns are.
class Turns {
 public:
  // A turn, or the place of one who waits for it. Its destruction gives it up.
  class Turn {
   public:
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    // Whether it has come. If not, `come` is called when it does, by the thread of whoever gave up theirs, unless this
    // is given up before; it may still be called while that is done. Once.
    bool HasCome(std::function<void()> come);

   private:
    friend class Turns;
    explicit Turn(Turns* turns) : turns_(turns) {}

    Turns* const turns_;  // its mutex guards the rest
    bool has_come_ = false;
    std::function<void()> come_;
  };

  Turns(size_t at_a_time, size_t waiting_max) : at_a_time_(at_a_time), waiting_max_(waiting_max) {}

  // Null: too many wait already.
  std::unique_ptr<Turn> Enter();

 private:
  void Leave(Turn* turn);

  const size_t at_a_time_;
  const size_t waiting_max_;
  base::Mutex mutex_;  // guards whose turn it is
  size_t have_come_ ABSL_GUARDED_BY(mutex_) = 0;
  std::list<Turn*> waiting_ ABSL_GUARDED_BY(mutex_);  // none while more may come
};

}  // namespace quorate::api
