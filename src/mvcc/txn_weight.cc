#include "src/mvcc/txn_weight.h"

#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "quorate/base/errors.h"
#include "quorate/base/saturating.h"
#include "src/mvcc/range.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

// A value that is kept is written anew: it is in the new record, in the batch and in the store's memtable, and was
// read.
constexpr uint64_t kKeptCopies = 4;

class Weighing {
 public:
  Weighing(const State& state, const TxnPath& path, uint64_t* budget, Effort* effort)
      : state_(state), path_(path), budget_(budget), effort_(effort) {}

  absl::Status Run(const TxnRequest& request) {
    for (const RequestOp& operation : Branch(request, path_[at_++])) {
      QUORATE_RETURN_IF_ERROR(std::visit([&](const auto& one) { return Weigh(one); }, operation.request));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Weigh(const std::monostate&) { return absl::OkStatus(); }
  absl::Status Weigh(const TxnRequest& request) { return Run(request); }
  absl::Status Weigh(const RangeRequest& request) {
    const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
    const bool is_past = request.revision > 0 && request.revision < state_.revision();
    // To count in the past is to walk there.
    if (is_past && (request.count_only || request.limit > 0) && !range.IsEmpty() &&
        !effort_->Spend(state_.CostOfPast(request.revision, range))) {
      return effort_->status();
    }
    if (request.count_only) return absl::OkStatus();
    RangeRequest wider = request;
    if (request.limit > 0) {
      QUORATE_ASSIGN_OR_RETURN(const uint64_t changed, ChangedIn(range));
      wider.limit = base::SaturatingSum(request.limit, static_cast<int64_t>(changed));
    }
    QUORATE_RETURN_IF_ERROR(WeighRange(state_, wider, budget_));
    for (auto put = puts_.lower_bound(range.begin); put != puts_.end() && range.Contains(put->first); ++put) {
      if (!effort_->Spend(1)) return effort_->status();
      if (put->second > *budget_) return base::errors::TooManyRequests();
      *budget_ -= put->second;
    }
    return absl::OkStatus();
  }
  absl::Status Weigh(const DeleteRangeRequest& request) {
    if (request.prev_kv) {
      QUORATE_RETURN_IF_ERROR(Weigh(RangeRequest{.key = request.key, .range_end = request.range_end}));
    }
    deleted_.push_back(KeyRange::FromRequest(request.key, request.range_end));
    return absl::OkStatus();
  }
  absl::Status Weigh(const PutRequest& request) {
    QUORATE_ASSIGN_OR_RETURN(const uint64_t kept, WeighPut(state_, request, budget_));
    puts_[request.key] += request.key.size() + request.value.size() + kept;
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> ChangedIn(const KeyRange& range) const {
    uint64_t changed = 0;
    if (!effort_->Spend(deleted_.size())) return effort_->status();
    for (const KeyRange& one : deleted_) {
      const KeyRange both = KeyRange::Intersection(range, one);
      if (both.IsEmpty()) continue;
      QUORATE_ASSIGN_OR_RETURN(const uint64_t deleted, state_.Now().Count(both));
      changed += deleted;
    }
    for (auto put = puts_.lower_bound(range.begin); put != puts_.end() && range.Contains(put->first); ++put) {
      if (!effort_->Spend(1)) return effort_->status();
      ++changed;
    }
    return changed;
  }

  const State& state_;
  const TxnPath& path_;
  uint64_t* const budget_;
  Effort* const effort_;
  std::map<std::string_view, uint64_t> puts_;  // bytes by key
  std::vector<KeyRange> deleted_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<uint64_t> WeighPut(const State& state, const PutRequest& request, uint64_t* budget) {
  if (!request.prev_kv && !request.ignore_value) return 0;
  QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> found, state.Now().Find(request.key));
  if (!found.has_value()) return 0;
  const uint64_t bytes = BytesOfClass(found->size_class);
  const uint64_t copies = (request.prev_kv ? 1 : 0) + (request.ignore_value ? kKeptCopies : 0);
  if (copies * bytes > *budget) return base::errors::TooManyRequests();
  *budget -= copies * bytes;
  return request.ignore_value ? bytes : 0;
}

absl::Status WeighTxn(const State& state, const TxnRequest& request, const TxnPath& path, uint64_t* budget,
                      Effort* effort) {
  return Weighing(state, path, budget, effort).Run(request);
}

}  // namespace quorate::mvcc
