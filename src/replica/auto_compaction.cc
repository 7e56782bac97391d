#include "src/replica/auto_compaction.h"

#include <algorithm>
#include <string>
#include <utility>

#include "quorate/base/duration.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"

namespace quorate::replica {
namespace {

using Mode = AutoCompactionOptions::Mode;
using std::chrono::nanoseconds;

constexpr nanoseconds kHour = std::chrono::hours(1);

nanoseconds IntervalOf(const AutoCompactionOptions& options) {
  if (options.mode == Mode::kRevision) return kRevisionCompactionInterval;
  return std::max(std::min(options.period, kHour) / kChancesPerPeriod, kAutoCompactionIntervalMin);
}

}  // namespace

AutoCompaction::AutoCompaction(const AutoCompactionOptions& options)
    : options_(options),
      interval_(IntervalOf(options)),
      wait_(options.period),
      noted_max_(static_cast<size_t>(options.period / interval_) + 1) {}

std::optional<int64_t> AutoCompaction::Tick(nanoseconds now, bool leads, int64_t revision) {
  if (options_.mode == Mode::kNone) return std::nullopt;
  if (!begun_) {
    begun_ = true;
    last_success_ = now;
  } else if (proposed_.has_value()) {
    std::optional<absl::Status> outcome;
    {
      base::MutexLock lock(&mutex_);
      outcome.swap(outcome_);
    }
    if (!outcome.has_value()) return std::nullopt;
    TakeOutcome(now, *outcome);
  } else {
    if (now < next_) return std::nullopt;
    if (leads) proposed_ = Due(now, revision);
    if (proposed_.has_value()) {
      proposed_at_ = now;
      LogStart();
      return proposed_;
    }
  }
  Note(revision);
  next_ = now + interval_;
  return std::nullopt;
}

void AutoCompaction::Finished(absl::Status outcome) {
  base::MutexLock lock(&mutex_);
  outcome_ = std::move(outcome);
}

void AutoCompaction::Note(int64_t revision) {
  if (options_.mode != Mode::kPeriodic) return;
  noted_.push_back(revision);
  if (noted_.size() > noted_max_) noted_.pop_front();
}

std::optional<int64_t> AutoCompaction::Due(nanoseconds now, int64_t revision) {
  if (options_.mode == Mode::kRevision) {
    const int64_t target = revision - options_.revisions;
    if (target <= 0 || target == last_revision_) return std::nullopt;
    return target;
  }
  if (now - last_success_ < wait_ || noted_.front() == last_revision_) return std::nullopt;
  wait_ = std::min(options_.period, kHour);
  return noted_.front();
}

void AutoCompaction::LogStart() const {
  if (options_.mode == Mode::kRevision) {
    QUORATE_LOG(kInfo, "starting auto revision compaction",
                {{"revision", *proposed_}, {"revision-compaction-retention", options_.revisions}});
  } else {
    QUORATE_LOG(kInfo, "starting auto periodic compaction",
                {{"revision", *proposed_}, {"compact-period", base::FormatDuration(options_.period)}});
  }
}

void AutoCompaction::TakeOutcome(nanoseconds now, const absl::Status& outcome) {
  const int64_t revision = *std::exchange(proposed_, std::nullopt);
  const bool by_revision = options_.mode == Mode::kRevision;
  const base::LogField retention = by_revision
                                       ? base::LogField("revision-compaction-retention", options_.revisions)
                                       : base::LogField("compact-period", base::FormatDuration(options_.period));
  // Who compacted at a higher revision meanwhile did it for us.
  if (outcome.ok() || outcome == base::errors::Compacted()) {
    last_revision_ = revision;
    last_success_ = now;
    QUORATE_LOG(kInfo, by_revision ? "completed auto revision compaction" : "completed auto periodic compaction",
                {{"revision", revision}, retention, {"took", base::FormatDuration(now - proposed_at_)}});
    return;
  }
  QUORATE_LOG(
      kWarn, by_revision ? "failed auto revision compaction" : "failed auto periodic compaction",
      {{"revision", revision}, retention, {"retry-interval", base::FormatDuration(interval_)}, {"error", outcome}});
}

}  // namespace quorate::replica
