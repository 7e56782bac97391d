#include "src/watch/history_batch.h"

#include <algorithm>
#include <utility>

namespace quorate::watch {
namespace {

std::shared_ptr<const Batch> MakeBatch(int64_t first_revision, mvcc::EventsRead read) {
  auto batch = std::make_shared<Batch>();
  batch->first_revision = first_revision;
  batch->last_revision = read.next_revision - 1;
  batch->previous_left_out = read.previous_left_out;
  batch->events.reserve(read.events.size());
  for (size_t i = 0; i < read.events.size(); ++i) {
    Event& event = batch->events.emplace_back();
    event.change = std::move(read.events[i]);
    batch->bytes += event.change.record.size();
    if (read.previous.empty() || !read.previous[i]) continue;
    event.previous = std::move(read.previous[i]);
    event.previous_offset = mvcc::KeyValueOffsetOf(event.previous.view());
  }
  return batch;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Batch>> ReadHistoryBatch(const mvcc::Store& store,
                                                              const mvcc::EventsRequest& request, absl::Status status) {
  if (!status.ok()) return status;
  QUORATE_ASSIGN_OR_RETURN(mvcc::EventsRead read, store.ReadEvents(request));
  return MakeBatch(request.first_revision, std::move(read));
}

std::shared_ptr<const Batch> WithoutPrevious(const Batches& batches, int64_t first, int64_t last) {
  auto made = std::make_shared<Batch>();
  made->first_revision = first;
  made->last_revision = std::min(last, batches.back()->last_revision);
  for (const auto& batch : batches) {
    for (const Event& event : batch->events) {
      if (event.revision() < first || event.revision() > last) continue;
      made->events.emplace_back().change = event.change;
      made->bytes += event.change.record.size();
    }
  }
  return made;
}

}  // namespace quorate::watch
