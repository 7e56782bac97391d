#include "src/mvcc/effort.h"

#include <algorithm>

#include "quorate/base/errors.h"

namespace quorate::mvcc {

Effort::Effort(uint64_t keys, std::function<absl::Status()> may_go_on)
    : spent_max_(std::max(kVisitsMin, kVisitsOfEachKey * keys)), may_go_on_(std::move(may_go_on)) {}

bool Effort::LookUp() {
  if (status_.ok()) status_ = spent_ > spent_max_ ? base::errors::TooManyRequests() : absl::OkStatus();
  if (status_.ok() && may_go_on_) status_ = may_go_on_();
  // Once over it stays so, for whoever asks next.
  next_look_ = status_.ok() ? spent_ + kVisitsBetweenLooks : 0;
  return status_.ok();
}

absl::StatusOr<std::optional<KeyState>> MeasuredState::Source::Find(std::string_view key) {
  if (!effort_->Spend(1)) return effort_->status();
  return base_->Find(key);
}

absl::StatusOr<uint64_t> MeasuredState::Source::Count(const KeyRange& range) {
  if (!effort_->Spend(Effort::kCountVisits)) return effort_->status();
  QUORATE_ASSIGN_OR_RETURN(const uint64_t count, base_->Count(range));
  if (past_ != nullptr && !effort_->Spend(count)) return effort_->status();
  return count;
}

absl::Status MeasuredState::Source::Scan(const KeyRange& range, const Visit& visit) {
  // One that finds nothing costs something, too.
  if (!effort_->Spend(1)) return effort_->status();
  QUORATE_RETURN_IF_ERROR(base_->Scan(
      range, [&](std::string_view key, const KeyState& state) { return effort_->Spend(1) && visit(key, state); }));
  return effort_->status();
}

std::unique_ptr<KeySource> MeasuredState::At(int64_t revision, const KeyRange& range,
                                             const std::function<absl::Status()>&) const {
  // When nothing is left, whatever the source is asked for says so.
  if (!effort_->Spend(CostOfPast(revision, range))) return std::make_unique<Source>(&base_->Now(), effort_);
  return std::make_unique<Source>(base_->At(revision, range, effort_->may_go_on()), effort_);
}

absl::StatusOr<std::vector<base::Buffer>> MeasuredState::Fetch(const std::vector<Revision>& revisions,
                                                               const std::function<absl::Status()>&) const {
  if (!effort_->Spend(Effort::kFetchVisits * revisions.size())) return effort_->status();
  return base_->Fetch(revisions, effort_->may_go_on());
}

absl::StatusOr<base::Buffer> MeasuredState::FetchOne(Revision revision) const {
  if (!effort_->Spend(Effort::kFetchVisits)) return effort_->status();
  return base_->FetchOne(revision);
}

}  // namespace quorate::mvcc
