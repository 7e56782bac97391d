#pragma once

// What waits for a pool's threads, and whose turn it is. Turns go round the owners that have something waiting: one
// that has thousands of tasks delays those of another by one task each. One thread at a time.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "quorate/base/status.h"

namespace quorate::api {

class ReaderQueue {
 public:
  // Whose a task is: a client's connection by its number, which is never 0, or the member's own.
  using Owner = uint64_t;
  static constexpr Owner kMember = 0;

  struct Waiting {
    absl::AnyInvocable<void(absl::Status)> task;
    size_t bytes = 0;
    Owner owner = kMember;
    bool is_read = false;
    std::chrono::nanoseconds since{0};  // of a monotonic clock
  };

  // What may wait, over all owners.
  ReaderQueue(size_t tasks_max, size_t bytes_max) : tasks_max_(tasks_max), bytes_max_(bytes_max) {}

  // Whether one more may wait. No connection has more waiting than room is left for others: one alone comes to half of
  // what there is, two to a third each, and who has nothing waiting is let in to the last.
  bool HasRoomFor(Owner owner, size_t bytes) const;
  // How many have their turn before a task that the owner adds now, at most, while nobody else comes.
  size_t Ahead(Owner owner) const;
  void Add(Waiting waiting);
  // False: none is left. Each owner's are taken in the order they came in.
  bool Take(Waiting* next);
  size_t size() const { return size_; }

 private:
  struct Line {
    std::list<Waiting> tasks;
    size_t bytes = 0;
  };

  const size_t tasks_max_;
  const size_t bytes_max_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  absl::flat_hash_map<Owner, Line> lines_;  // none is empty
  std::deque<Owner> turns_;                 // those of lines_, each once
};

}  // namespace quorate::api
