#pragma once

// What happened, as it is handed to watchers: immutable, shared by all who hear of it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/mvcc/store.h"

namespace quorate::watch {

struct Event {
  // `previous` is of the key's value before the whole transaction.
  mvcc::Event change;
  // The record of that value; empty when there was none, or when it is not at hand.
  base::Buffer previous;
  size_t previous_offset = 0;

  int64_t revision() const { return change.revision.main; }
  // There is a former value, but it must be read from the store.
  bool previous_missing() const { return change.previous.main != 0 && !previous; }
};

// All events (or all that were asked for) of the revisions [first_revision, last_revision], ascending; a transaction is
// never cut.
struct Batch {
  int64_t first_revision = 0;
  int64_t last_revision = 0;
  size_t bytes = 0;  // of the records, former ones included
  // It is one revision, read for watchers who want former values, and these are not here, because they are too many.
  bool previous_left_out = false;
  std::vector<Event> events;
};
// Ascending, one after the other.
using Batches = std::vector<std::shared_ptr<const Batch>>;

}  // namespace quorate::watch
