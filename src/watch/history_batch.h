#pragma once

// Batches of the past: read from the store, or made as if they had been.

#include <cstdint>
#include <memory>

#include "quorate/base/status.h"
#include "quorate/mvcc/event_history.h"
#include "quorate/mvcc/store.h"
#include "quorate/watch/event.h"

namespace quorate::watch {

// Reads, on a thread that may block; with a status that is not OK, returns that.
absl::StatusOr<std::shared_ptr<const Batch>> ReadHistoryBatch(const mvcc::Store& store,
                                                              const mvcc::EventsRequest& request, absl::Status status);

// Revisions [first, last] of what the window holds, as the store tells of them once the last is compacted: without
// former values.
std::shared_ptr<const Batch> WithoutPrevious(const Batches& batches, int64_t first, int64_t last);

}  // namespace quorate::watch
