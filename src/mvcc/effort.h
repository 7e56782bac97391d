#pragma once

// What a transaction may look at, and the state it looks at by that measure: operations are many where they are nested,
// and each may visit every key, for which nothing else holds whoever waits behind it.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "quorate/base/status.h"
#include "src/mvcc/state.h"

namespace quorate::mvcc {

// One transaction's. One thread at a time.
class Effort {
 public:
  // In visits of a key. So many are a fraction of a second; and who has more keys may look at each some times, at its
  // record once.
  static constexpr uint64_t kVisitsMin = 4 << 20;
  static constexpr uint64_t kVisitsOfEachKey = 32;
  // What a count in an index costs.
  static constexpr uint64_t kCountVisits = 8;
  // What a record costs that is fetched and perhaps sorted by its value, 0.8 us where a visit is 0.03.
  static constexpr uint64_t kFetchVisits = 24;

  // `may_go_on`, which may be empty, is asked every so many visits, and says why not. Between two visits more may be
  // walked or read than is measured, since that differs between members: what does so asks it, too, and spends nothing.
  Effort(uint64_t keys, std::function<absl::Status()> may_go_on);

  // False when it is over: status() says why, and to everything from then on.
  bool Spend(uint64_t visits) {
    spent_ += visits;
    return spent_ < next_look_ || LookUp();
  }
  const absl::Status& status() const { return status_; }
  const std::function<absl::Status()>& may_go_on() const { return may_go_on_; }

 private:
  static constexpr uint64_t kVisitsBetweenLooks = 4096;
  bool LookUp();

  const uint64_t spent_max_;
  const std::function<absl::Status()> may_go_on_;
  uint64_t spent_ = 0;
  uint64_t next_look_ = kVisitsBetweenLooks;
  absl::Status status_;
};

// Another state, whose sources fail when the effort is over. What it is given as `may_go_on` does not count: the effort
// has its own.
class MeasuredState final : public State {
 public:
  MeasuredState(const State* base, Effort* effort) : base_(base), effort_(effort), now_(&base->Now(), effort) {}

  int64_t revision() const override { return base_->revision(); }
  int64_t compacted_revision() const override { return base_->compacted_revision(); }
  KeySource& Now() const override { return now_; }
  std::unique_ptr<KeySource> At(int64_t revision, const KeyRange& range,
                                const std::function<absl::Status()>& may_go_on) const override;
  uint64_t CostOfPast(int64_t revision, const KeyRange& range) const override {
    return base_->CostOfPast(revision, range);
  }
  absl::StatusOr<std::vector<base::Buffer>> Fetch(const std::vector<Revision>& revisions,
                                                  const std::function<absl::Status()>& may_go_on) const override;
  absl::StatusOr<base::Buffer> FetchOne(Revision revision) const override;

 private:
  class Source final : public KeySource {
   public:
    Source(KeySource* base, Effort* effort) : base_(base), effort_(effort) {}
    // One of the past, which may have to walk to count.
    Source(std::unique_ptr<KeySource> past, Effort* effort)
        : past_(std::move(past)), base_(past_.get()), effort_(effort) {}
    absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) override;
    absl::StatusOr<uint64_t> Count(const KeyRange& range) override;
    absl::Status Scan(const KeyRange& range, const Visit& visit) override;
    // Of the past it is not asked: which source that comes from is replicated nowhere, and what is done there differs.
    bool keeps_keys() const override { return past_ == nullptr && base_->keeps_keys(); }

   private:
    const std::unique_ptr<KeySource> past_;
    KeySource* const base_;
    Effort* const effort_;
  };

  const State* const base_;
  Effort* const effort_;
  mutable Source now_;
};

}  // namespace quorate::mvcc
