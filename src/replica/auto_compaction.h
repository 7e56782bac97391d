#pragma once

// Decides when to compact, and at which revision.
//
// Periodic: ten times in a period, of an hour at most, the newest revision is noted. Once a whole period has passed,
// and from then on once in a period, of an hour at most, what was the newest a period ago is compacted at. Revision:
// every five minutes, so many revisions behind the newest.
//
// What was noted is not kept over a restart: a periodic retention begins anew.

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"
#include "quorate/replica/auto_compaction.h"

namespace quorate::replica {

// How often a periodic compaction is considered in its period, or an hour; but not more often than this.
inline constexpr int kChancesPerPeriod = 10;
inline constexpr std::chrono::nanoseconds kAutoCompactionIntervalMin = std::chrono::milliseconds(1);
inline constexpr std::chrono::nanoseconds kRevisionCompactionInterval = std::chrono::minutes(5);

class AutoCompaction {
 public:
  explicit AutoCompaction(const AutoCompactionOptions& options);

  // One thread, every now and then; the first call begins the first period. `now`: the monotonic clock. The revision to
  // compact at, when it is time: propose that, and call Finished. `leads`: whether this member is to compact for the
  // cluster; the others only note revisions. `revision`: the store's newest.
  std::optional<int64_t> Tick(std::chrono::nanoseconds now, bool leads, int64_t revision);
  // Any thread. What became of the proposal; taken note of at the next Tick.
  void Finished(absl::Status outcome);

 private:
  void Note(int64_t revision);
  std::optional<int64_t> Due(std::chrono::nanoseconds now, int64_t revision);
  void TakeOutcome(std::chrono::nanoseconds now, const absl::Status& outcome);
  void LogStart() const;

  const AutoCompactionOptions options_;
  const std::chrono::nanoseconds interval_;
  bool begun_ = false;
  std::chrono::nanoseconds next_{0};  // when to look again
  std::chrono::nanoseconds wait_;     // how long after a success the next one is due
  std::chrono::nanoseconds last_success_{0};
  std::chrono::nanoseconds proposed_at_{0};
  std::optional<int64_t> proposed_;  // waiting for its outcome
  int64_t last_revision_ = 0;        // of the last success
  std::deque<int64_t> noted_;        // the first is a period old
  size_t noted_max_;

  base::Mutex mutex_;
  std::optional<absl::Status> outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::replica
