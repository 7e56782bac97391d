#include "src/mvcc/txn.h"

#include <limits>
#include <utility>
#include <variant>

#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "src/mvcc/compare.h"
#include "src/mvcc/range.h"
#include "src/mvcc/txn_counts.h"
#include "src/mvcc/txn_path.h"
#include "src/mvcc/txn_weight.h"

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

absl::Status ChoosePath(const State& state, const TxnRequest& request, TxnPath* path, uint64_t* comparisons) {
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

absl::Status CheckOperations(const State& state, const LeaseKeys* leases, const TxnRequest& request,
                             const TxnPath& path, size_t* at) {
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
  Execution(const State& state, Changeable* changeable, const TxnPath& path, uint64_t* budget)
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
  const TxnPath& path_;
  uint64_t* const budget_;  // of the answer
  size_t at_ = 0;
};

// What the branches taken do.
struct Effects {
  bool changes = false;
  bool has_weight = false;  // answers with records, or keeps values
};

void FindEffects(const TxnRequest& request, const TxnPath& path, size_t* at, Effects* effects) {
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

absl::StatusOr<base::Payload> ExecuteTxn(const State& state, Changeable* changeable, const LeaseKeys* leases,
                                         const TxnRequest& request, OperationCounts* counts, uint64_t* budget,
                                         Effort* effort) {
  const MeasuredState measured(&state, effort);
  TxnPath path;
  uint64_t comparisons = 0;
  QUORATE_RETURN_IF_ERROR(ChoosePath(measured, request, &path, &comparisons));
  size_t at = 0;
  QUORATE_RETURN_IF_ERROR(CheckOperations(state, leases, request, path, &at));
  CountOperations(request, path, comparisons, counts);
  at = 0;
  Effects effects;
  FindEffects(request, path, &at, &effects);
  if (!effects.changes) return Execution(measured, changeable, path, budget).Run(request);
  if (effects.has_weight) QUORATE_RETURN_IF_ERROR(WeighTxn(measured, request, path, budget, effort));
  // What was weighed is not measured again: once something is changed nothing may fail.
  uint64_t weighed = std::numeric_limits<uint64_t>::max();
  return Execution(state, changeable, path, &weighed).Run(request);
}

}  // namespace quorate::mvcc
