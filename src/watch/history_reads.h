#pragma once

// Reads of history on behalf of scans, each on a thread that may block, a few at a time.

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "quorate/base/status.h"
#include "quorate/watch/event.h"
#include "quorate/watch/feed_options.h"
#include "quorate/watch/feed_statistics.h"
#include "src/watch/scan.h"

namespace quorate::watch {

class HistoryReads {
 public:
  // Hears of each read, on the loop's thread. `no_thread`: it did not begin.
  using OnRead =
      std::function<void(uint64_t scan_id, const absl::StatusOr<std::shared_ptr<const Batch>>& read, bool no_thread)>;

  // Options and statistics must outlive this.
  HistoryReads(const FeedOptions* options, FeedStatistics* statistics, OnRead on_read)
      : options_(options), statistics_(statistics), on_read_(std::move(on_read)) {}

  // No more may begin now.
  bool full() const { return in_flight_ >= kHistoryReadsMax; }
  // Reads on from the scan's cursor, as much as one read may. False, and nothing is read, when former values are too
  // large to be read beside those of another loop: later.
  bool Start(Scan* scan);

 private:
  const FeedOptions* const options_;
  FeedStatistics* const statistics_;
  const OnRead on_read_;
  int in_flight_ = 0;
};

}  // namespace quorate::watch
