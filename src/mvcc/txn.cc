#include "src/mvcc/txn.h"

#include <algorithm>
#include <limits>
#include <map>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/saturating.h"
#include "quorate/base/wire.h"
#include "src/mvcc/compare.h"
#include "src/mvcc/range.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

// Field numbers.
constexpr uint32_t kSucceeded = 2;       // of TxnResponse
constexpr uint32_t kResponses = 3;       // of TxnResponse
constexpr uint32_t kHeader = 1;          // of every response
constexpr uint32_t kHeaderRevision = 3;  // of ResponseHeader
// Members of ResponseOp.
constexpr uint32_t kRange = 1;
constexpr uint32_t kPut = 2;
constexpr uint32_t kDeleteRange = 3;
constexpr uint32_t kTxn = 4;

// Which branch each transaction takes, outer before inner, in the order of the operations.
using Path = std::vector<bool>;

const std::vector<RequestOp>& Branch(const TxnRequest& request, bool succeeded) {
  return succeeded ? request.success : request.failure;
}

absl::Status ChoosePath(const State& state, const TxnRequest& request, Path* path, uint64_t* comparisons) {
  QUORATE_ASSIGN_OR_RETURN(const bool succeeded, AllHold(state, request.compare, comparisons));
  path->push_back(succeeded);
  for (const RequestOp& operation : Branch(request, succeeded)) {
    if (const auto* nested = std::get_if<TxnRequest>(&operation.request)) {
      QUORATE_RETURN_IF_ERROR(ChoosePath(state, *nested, path, comparisons));
    }
  }
  return absl::OkStatus();
}

// Here etcd takes only zero for the newest: a negative revision is a compacted one, once it is under the compacted
// revision.
absl::Status CheckTxnRange(const State& state, const RangeRequest& request) {
  if (request.revision == 0) return absl::OkStatus();
  if (request.revision > state.revision()) return base::errors::FutureRevision();
  if (request.revision < state.compacted_revision()) return base::errors::Compacted();
  return absl::OkStatus();
}

absl::Status CheckOperations(const State& state, const LeaseKeys* leases, const TxnRequest& request, const Path& path,
                             size_t* at) {
  for (const RequestOp& operation : Branch(request, path[(*at)++])) {
    if (const auto* range = std::get_if<RangeRequest>(&operation.request)) {
      QUORATE_RETURN_IF_ERROR(CheckTxnRange(state, *range));
    } else if (const auto* put = std::get_if<PutRequest>(&operation.request)) {
      QUORATE_RETURN_IF_ERROR(CheckPut(state, leases, *put));
    } else if (const auto* nested = std::get_if<TxnRequest>(&operation.request)) {
      QUORATE_RETURN_IF_ERROR(CheckOperations(state, leases, *nested, path, at));
    }
  }
  return absl::OkStatus();
}

std::string EncodeHeader(int64_t revision) {
  std::string header;
  base::wire::AppendInt64Field(&header, kHeaderRevision, revision);
  std::string out;
  base::wire::AppendBytesPrefix(&out, kHeader, header.size());
  return out + header;
}

// Appends a ResponseOp with this member: its header, then its body.
void AppendResponse(uint32_t member, int64_t header_revision, base::Payload body, base::Payload* out) {
  const std::string header = EncodeHeader(header_revision);
  const size_t response_size = header.size() + body.size();
  std::string prefix;
  base::wire::AppendBytesPrefix(&prefix, kResponses, 1 + base::wire::VarintSize(response_size) + response_size);
  base::wire::AppendBytesPrefix(&prefix, member, response_size);
  prefix += header;
  out->Append(prefix);
  out->Append(std::move(body));
}

class Execution {
 public:
  Execution(const State& state, Changeable* changeable, const Path& path, uint64_t* budget)
      : state_(state), changeable_(changeable), path_(path), budget_(budget) {}

  absl::StatusOr<base::Payload> Run(const TxnRequest& request) {
    const bool succeeded = path_[at_++];
    base::Payload body;
    std::string head;
    base::wire::AppendBoolField(&head, kSucceeded, succeeded);
    body.Append(head);
    for (const RequestOp& operation : Branch(request, succeeded)) {
      QUORATE_RETURN_IF_ERROR(std::visit([&](const auto& one) { return Execute(one, &body); }, operation.request));
    }
    return body;
  }

 private:
  absl::Status Execute(const std::monostate&, base::Payload* out) {
    std::string empty;
    base::wire::AppendBytesPrefix(&empty, kResponses, 0);
    out->Append(empty);
    return absl::OkStatus();
  }
  absl::Status Execute(const RangeRequest& request, base::Payload* out) {
    return Append(kRange, ExecuteRange(state_, request, budget_), out);
  }
  absl::Status Execute(const PutRequest& request, base::Payload* out) {
    QUORATE_CHECK(changeable_ != nullptr) << "a put in a read-only transaction";
    return Append(kPut, changeable_->ExecutePut(request), out);
  }
  absl::Status Execute(const DeleteRangeRequest& request, base::Payload* out) {
    QUORATE_CHECK(changeable_ != nullptr) << "a deletion in a read-only transaction";
    return Append(kDeleteRange, changeable_->ExecuteDeleteRange(request), out);
  }
  absl::Status Execute(const TxnRequest& request, base::Payload* out) {
    absl::StatusOr<base::Payload> body = Run(request);
    if (!body.ok()) return std::move(body).status();
    // etcd fills in no revision here: the header is there and empty.
    AppendResponse(kTxn, 0, *std::move(body), out);
    return absl::OkStatus();
  }

  absl::Status Append(uint32_t member, absl::StatusOr<base::Payload> body, base::Payload* out) {
    if (!body.ok()) return std::move(body).status();
    AppendResponse(member, state_.revision(), *std::move(body), out);
    return absl::OkStatus();
  }

  const State& state_;
  Changeable* const changeable_;
  const Path& path_;
  uint64_t* const budget_;  // of the answer
  size_t at_ = 0;
};

// A value that is kept is written anew: it is in the new record, in the batch and in the store's memtable, and was
// read.
constexpr uint64_t kKeptCopies = 4;

// Whether what a transaction answers and keeps fits, found before it is executed, as afterwards there is no way back.
// What it puts itself is counted with every range that may find it, and behind a limit those that what it has changed
// of the range by then may have brought before it.
class Weighing {
 public:
  Weighing(const State& state, const Path& path, uint64_t* budget, Effort* effort)
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
  const Path& path_;
  uint64_t* const budget_;
  Effort* const effort_;
  std::map<std::string_view, uint64_t> puts_;  // bytes by key
  std::vector<KeyRange> deleted_;
  size_t at_ = 0;
};

// What the branches taken do.
struct Effects {
  bool changes = false;
  bool has_weight = false;  // answers with records, or keeps values
};

void FindEffects(const TxnRequest& request, const Path& path, size_t* at, Effects* effects) {
  for (const RequestOp& operation : Branch(request, path[(*at)++])) {
    if (const auto* put = std::get_if<PutRequest>(&operation.request)) {
      effects->changes = true;
      effects->has_weight |= put->prev_kv || put->ignore_value;
    } else if (const auto* deletion = std::get_if<DeleteRangeRequest>(&operation.request)) {
      effects->changes = true;
      effects->has_weight |= deletion->prev_kv;
    } else if (const auto* nested = std::get_if<TxnRequest>(&operation.request)) {
      FindEffects(*nested, path, at, effects);
    } else {
      effects->has_weight = true;
    }
  }
}

// The operations of the branches taken; `checks`: looks for former values before anything is changed.
struct BranchCounts {
  uint64_t checks = 0;
  uint64_t ranges = 0;
  uint64_t puts = 0;
  uint64_t deletes = 0;
};

void CountBranch(const TxnRequest& request, const Path& path, size_t* at, BranchCounts* counts) {
  for (const RequestOp& operation : Branch(request, path[(*at)++])) {
    if (std::holds_alternative<RangeRequest>(operation.request)) {
      ++counts->ranges;
    } else if (const auto* put = std::get_if<PutRequest>(&operation.request)) {
      ++counts->puts;
      counts->checks += LooksBack(*put);
      counts->ranges += LooksBack(*put);
    } else if (const auto* deletion = std::get_if<DeleteRangeRequest>(&operation.request)) {
      ++counts->deletes;
      counts->ranges += deletion->prev_kv;
    } else if (const auto* nested = std::get_if<TxnRequest>(&operation.request)) {
      CountBranch(*nested, path, at, counts);
    }
  }
}

// What etcd takes for read-only: it looks into no nested transaction.
bool IsOnlyRanges(const TxnRequest& request) {
  const auto is_range = [](const RequestOp& operation) {
    return std::holds_alternative<RangeRequest>(operation.request);
  };
  return std::all_of(request.success.begin(), request.success.end(), is_range) &&
         std::all_of(request.failure.begin(), request.failure.end(), is_range);
}

// One that may write is two transactions to etcd's store: it is checked in the first.
void CountOperations(const TxnRequest& request, const Path& path, uint64_t comparisons, OperationCounts* counts) {
  BranchCounts branch;
  size_t at = 0;
  CountBranch(request, path, &at, &branch);
  if (IsOnlyRanges(request)) return counts->Add(comparisons + branch.ranges, 0, 0);
  counts->Add(comparisons + branch.checks, 0, 0);
  counts->Add(branch.ranges, branch.puts, branch.deletes);
}

bool IsReadOnly(const std::vector<RequestOp>& operations) {
  for (const RequestOp& operation : operations) {
    const auto* nested = std::get_if<TxnRequest>(&operation.request);
    if (nested != nullptr ? !IsReadOnly(*nested) : !std::holds_alternative<RangeRequest>(operation.request)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool IsReadOnly(const TxnRequest& request) { return IsReadOnly(request.success) && IsReadOnly(request.failure); }

absl::Status CheckPut(const State& state, const LeaseKeys* leases, const PutRequest& request) {
  if (request.lease != 0 && (leases == nullptr || !leases->Exists(request.lease))) {
    return base::errors::LeaseNotFound();
  }
  if (request.ignore_value || request.ignore_lease) {
    QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> found, state.Now().Find(request.key));
    if (!found.has_value()) return base::errors::KeyNotFound();
  }
  return absl::OkStatus();
}

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

absl::StatusOr<base::Payload> ExecuteTxn(const State& state, Changeable* changeable, const LeaseKeys* leases,
                                         const TxnRequest& request, OperationCounts* counts, uint64_t* budget,
                                         Effort* effort) {
  const MeasuredState measured(&state, effort);
  Path path;
  uint64_t comparisons = 0;
  QUORATE_RETURN_IF_ERROR(ChoosePath(measured, request, &path, &comparisons));
  size_t at = 0;
  QUORATE_RETURN_IF_ERROR(CheckOperations(state, leases, request, path, &at));
  CountOperations(request, path, comparisons, counts);
  at = 0;
  Effects effects;
  FindEffects(request, path, &at, &effects);
  if (!effects.changes) return Execution(measured, changeable, path, budget).Run(request);
  if (effects.has_weight) QUORATE_RETURN_IF_ERROR(Weighing(measured, path, budget, effort).Run(request));
  // What was weighed is not measured again: once something is changed nothing may fail.
  uint64_t weighed = std::numeric_limits<uint64_t>::max();
  return Execution(state, changeable, path, &weighed).Run(request);
}

}  // namespace quorate::mvcc
