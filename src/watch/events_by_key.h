#pragma once

// The events of one revision, to be found by their keys: for revisions so large that ranges are looked at one by one.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quorate/watch/event.h"
#include "src/watch/matcher.h"

namespace quorate::watch {

class EventsByKey {
 public:
  using Found = std::span<const Event* const>;

  // The batches must outlive this.
  EventsByKey(const Batches& batches, int64_t revision);
  // By key; those of one key in order.
  Found Find(const Group& group) const;
  Found all() const { return events_; }

 private:
  std::vector<const Event*> events_;
};

// What the former values of these weigh.
size_t FormerBytes(EventsByKey::Found events);

}  // namespace quorate::watch
