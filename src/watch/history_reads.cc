#include "src/watch/history_reads.h"

#include <string_view>

#include "quorate/watch/hub.h"
#include "src/watch/history_batch.h"
#include "src/watch/key_filter.h"

namespace quorate::watch {
namespace {

// Of a read that did not begin: nothing is wrong, there is just no thread for it now.
bool IsForWantOfAThread(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

}  // namespace

bool HistoryReads::Start(Scan* scan) {
  Hub* const hub = options_->hub;
  const bool is_separate = scan->separate_revision == scan->cursor;
  const bool is_large = is_separate && scan->former_bytes > options_->former_bytes_together_max;
  if (is_large && !hub->BeginLargeRead()) return false;
  ++in_flight_;
  // It may let through what nobody wants any more, as long as most of it is wanted.
  if (scan->filter == nullptr || scan->filter->ranges() > 2 * scan->matcher.groups().size()) {
    scan->filter = std::make_shared<const KeyFilter>(scan->matcher);
    statistics_->filters_made.fetch_add(1, std::memory_order_relaxed);
  }
  mvcc::EventsRequest request;
  request.first_revision = scan->cursor;
  request.wants = [filter = scan->filter](std::string_view key) { return filter->Wants(key); };
  request.with_previous = scan->with_previous > 0;
  request.previous_bytes_max = is_large ? options_->former_bytes_max : options_->former_bytes_together_max;
  request.bytes_max = options_->step_bytes_max;
  request.walked_max = options_->history_walked_max;
  if (is_separate && scan->former_bytes == 0) {
    // Of this revision only.
    request.with_previous = false;
    request.walked_max = 0;
  }
  statistics_->history_reads.fetch_add(1, std::memory_order_relaxed);
  options_->run_blocking([this, hub, is_large, id = scan->id, request = std::move(request)](absl::Status status) {
    const bool no_thread = IsForWantOfAThread(status);
    options_->post(
        [this, hub, is_large, id, no_thread, read = ReadHistoryBatch(hub->store(), request, std::move(status))] {
          --in_flight_;
          if (is_large) hub->EndLargeRead();
          on_read_(id, read, no_thread);
        });
  });
  return true;
}

}  // namespace quorate::watch
