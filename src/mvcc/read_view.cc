#include "src/mvcc/read_view.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "quorate/base/check.h"
#include "src/mvcc/effort.h"
#include "src/mvcc/range.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/txn.h"

namespace quorate::mvcc {
namespace {

// As much of records costs as much as visiting one more key.
constexpr uint64_t kBytesPerVisit = 8 << 10;
// Longer lists are not weighed: their number says that they are long.
constexpr uint64_t kWeighedKeysMax = 128;

// How many bytes the first keys of a range have, in visits.
uint64_t WeightOf(const IndexView& keys, const KeyRange& range, uint64_t count) {
  uint64_t bytes = 0;
  keys.Scan(range, [&](std::string_view key, const KeyState& state) {
    bytes += BytesOfClass(state.size_class);
    return --count > 0 && bytes < kWeighedKeysMax * kBytesPerVisit;
  });
  return bytes / kBytesPerVisit;
}

// Of a key's record; 0 when it is not there.
uint64_t RecordBytes(const IndexView& keys, std::string_view key) {
  const std::optional<KeyState> state = keys.Find(key);
  return state.has_value() ? BytesOfClass(state->size_class) : 0;
}

// A list's effort has no bound: it looks at no key more than a few times.
constexpr uint64_t kKeysOfAnyEffort = std::numeric_limits<uint64_t>::max() / Effort::kVisitsOfEachKey;

// Whether no more keys are looked at than the limit says.
bool LimitsItsScan(const RangeRequest& request) {
  return request.limit > 0 && request.is_in_key_order() && !request.has_revision_filters();
}

}  // namespace

ReadView::Rep::Rep(StoreParts* parts)
    : parts(parts),
      ticket(parts->gate.Enter()),
      compacted(parts->published.compacted.load()),
      source(parts->index.View()) {}

ReadView::Rep::~Rep() { parts->gate.Leave(ticket); }

std::unique_ptr<KeySource> ReadView::Rep::At(int64_t revision, const KeyRange& range,
                                             const std::function<absl::Status()>& may_go_on) const {
  const PastOptions options{.may_go_on = may_go_on};
  return PastSource(parts->database, parts->keys_family.get(), &parts->index, revision, range, options);
}

absl::StatusOr<std::vector<base::Buffer>> ReadView::Rep::Fetch(const std::vector<Revision>& revisions,
                                                               const std::function<absl::Status()>& may_go_on) const {
  std::vector<base::Buffer> records;
  QUORATE_RETURN_IF_ERROR(parts->records.Fetch(revisions, &records, nullptr, may_go_on));
  return records;
}

absl::StatusOr<base::Payload> ReadView::Rep::Range(const RangeRequest& request, const MayGoOn& may_go_on) const {
  uint64_t budget = kAnswerBytesMax;
  if (!may_go_on) return ExecuteRange(*this, request, &budget);
  Effort effort(kKeysOfAnyEffort, may_go_on);
  return ExecuteRange(MeasuredState(this, &effort), request, &budget);
}

ReadView::ReadView(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
ReadView::ReadView(ReadView&&) noexcept = default;
ReadView& ReadView::operator=(ReadView&&) noexcept = default;
ReadView::~ReadView() = default;

int64_t ReadView::revision() const { return rep_->revision(); }
int64_t ReadView::compacted_revision() const { return rep_->compacted; }

absl::StatusOr<Answer> ReadView::Range(const RangeRequest& request, const MayGoOn& may_go_on) const {
  rep_->parts->counts.ranges.fetch_add(1, std::memory_order_relaxed);
  QUORATE_ASSIGN_OR_RETURN(base::Payload body, rep_->Range(request, may_go_on));
  return Answer{std::move(body), rep_->revision()};
}

absl::StatusOr<Answer> ReadView::Txn(const TxnRequest& request, const MayGoOn& may_go_on) const {
  QUORATE_CHECK(IsReadOnly(request)) << "a transaction that writes";
  OperationCounts counts;
  uint64_t budget = kAnswerBytesMax;
  Effort effort(rep_->parts->published.keys.load(std::memory_order_relaxed), may_go_on);
  absl::StatusOr<base::Payload> body = ExecuteTxn(*rep_, nullptr, nullptr, request, &counts, &budget, &effort);
  rep_->parts->counts.Add(counts);
  if (!body.ok()) return std::move(body).status();
  return Answer{*std::move(body), rep_->revision()};
}

uint64_t ReadView::RangeCost(const RangeRequest& request) const {
  const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
  if (range.IsEmpty()) return 0;
  uint64_t cost = 0;
  if (request.revision > 0 && request.revision < rep_->revision()) {
    cost = PastCost(*rep_->parts->keys_family, rep_->parts->index, request.revision, range);
  }
  if (range.single || request.count_only) return cost + 1;
  const IndexView& keys = rep_->source.view();
  uint64_t count = keys.Count(range);
  if (LimitsItsScan(request)) {
    count = std::min<uint64_t>(count, static_cast<uint64_t>(request.limit) + 1);
  }
  cost += count;
  if (request.keys_only || count == 0 || cost > kWeighedKeysMax) return cost;
  return cost + WeightOf(keys, range, count);
}

uint64_t ReadView::TxnCost(const TxnRequest& request, uint64_t enough) const {
  uint64_t cost = 0;
  for (const Compare& compare : request.compare) {
    cost += CostOf(compare);
    if (cost > enough) return cost;
  }
  // Which branch is taken is not known.
  uint64_t dearest = 0;
  for (const auto* branch : {&request.success, &request.failure}) {
    uint64_t of_branch = 0;
    for (const RequestOp& operation : *branch) {
      if (const auto* range = std::get_if<RangeRequest>(&operation.request)) of_branch += CostInTxn(*range);
      if (const auto* deletion = std::get_if<DeleteRangeRequest>(&operation.request)) {
        of_branch +=
            CostInTxn({.key = deletion->key, .range_end = deletion->range_end, .keys_only = !deletion->prev_kv});
      }
      if (const auto* txn = std::get_if<TxnRequest>(&operation.request)) {
        of_branch += 1 + TxnCost(*txn, enough - cost - of_branch);
      }
      if (cost + of_branch > enough) return cost + of_branch;
    }
    dearest = std::max(dearest, of_branch);
  }
  return cost + dearest;
}

uint64_t ReadView::TxnCostMax() const {
  constexpr uint64_t kCostOfEachKey = 4;
  return std::max(Effort::kVisitsMin, kCostOfEachKey * rep_->parts->published.keys.load(std::memory_order_relaxed));
}

uint64_t ReadView::KeptBytes(const PutRequest& request) const {
  return request.ignore_value ? RecordBytes(rep_->source.view(), request.key) : 0;
}

uint64_t ReadView::KeptBytes(const TxnRequest& request) const {
  const auto of_all = [this](const std::vector<RequestOp>& operations) {
    uint64_t bytes = 0;
    for (const RequestOp& operation : operations) {
      if (const auto* put = std::get_if<PutRequest>(&operation.request)) bytes += KeptBytes(*put);
      if (const auto* txn = std::get_if<TxnRequest>(&operation.request)) bytes += KeptBytes(*txn);
    }
    return bytes;
  };
  return std::max(of_all(request.success), of_all(request.failure));
}

bool ReadView::WaitsForDisk(const RangeRequest& request) const {
  const RecordStore& records = rep_->parts->records;
  if (!records.reads_wait() || request.count_only) return false;
  if (request.keys_only && request.sort_target != SortTarget::kValue) return false;
  if (request.revision > 0 && request.revision < rep_->revision()) return true;
  // Those that a filter or an order lets through may stand anywhere.
  const uint64_t keys_max =
      LimitsItsScan(request) ? static_cast<uint64_t>(request.limit) : std::numeric_limits<uint64_t>::max();
  return AnyIsFar(KeyRange::FromRequest(request.key, request.range_end), keys_max);
}

bool ReadView::AnyIsFar(const KeyRange& range, uint64_t keys_max) const {
  const RecordStore& records = rep_->parts->records;
  if (range.IsEmpty()) return false;
  if (range.single) {
    const std::optional<KeyState> state = rep_->source.view().Find(range.begin);
    return state.has_value() && records.IsFar(state->modified);
  }
  bool any = false;
  uint64_t looked_at = 0;
  rep_->source.view().Scan(range, [&](std::string_view key, const KeyState& state) {
    any = records.IsFar(state.modified);
    return !any && ++looked_at < keys_max;
  });
  return any;
}

bool ReadView::WaitsForDisk(const TxnRequest& request) const {
  if (!rep_->parts->records.reads_wait()) return false;
  for (const Compare& compare : request.compare) {
    if (compare.target != CompareTarget::kValue) continue;
    const KeyRange range = KeyRange::FromRequest(compare.key, compare.range_end);
    if (AnyIsFar(range, std::numeric_limits<uint64_t>::max())) return true;
  }
  for (const auto* branch : {&request.success, &request.failure}) {
    for (const RequestOp& operation : *branch) {
      const auto* range = std::get_if<RangeRequest>(&operation.request);
      if (range != nullptr && WaitsForDisk(*range)) return true;
      const auto* txn = std::get_if<TxnRequest>(&operation.request);
      if (txn != nullptr && WaitsForDisk(*txn)) return true;
    }
  }
  return false;
}

uint64_t ReadView::CostOf(const Compare& compare) const {
  RangeRequest range;
  range.key = compare.key;
  range.range_end = compare.range_end;
  range.keys_only = compare.target != CompareTarget::kValue;
  return CostInTxn(range);
}

uint64_t ReadView::CostInTxn(const RangeRequest& request) const {
  uint64_t cost = RangeCost(request);
  if (request.range_end.empty() && !request.keys_only && !request.count_only) {
    cost += RecordBytes(rep_->source.view(), request.key) / kBytesPerVisit;
  }
  return std::max<uint64_t>(cost, 1);
}

}  // namespace quorate::mvcc
