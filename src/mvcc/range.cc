#include "src/mvcc/range.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "quorate/base/errors.h"
#include "quorate/base/wire.h"
#include "src/mvcc/record.h"
#include "src/mvcc/selection.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

// How a request wants its keys: decided once, before anything is read.
struct Plan {
  bool filters;
  SortOrder order;   // kNone: as they come, in ascending key order
  size_t fetch_max;  // 0: all
  bool cut_unread;   // a limit cuts what was fetched of the index, before any record is read
};

Plan MakePlan(const RangeRequest& request) {
  Plan plan;
  plan.filters = request.has_revision_filters();
  const bool ascending_keys = request.sort_target == SortTarget::kKey && request.sort_order == SortOrder::kAscend;
  const bool as_they_come = request.is_in_key_order();
  plan.order = request.sort_order;
  if (request.sort_target != SortTarget::kKey && plan.order == SortOrder::kNone) plan.order = SortOrder::kAscend;
  if (ascending_keys) plan.order = SortOrder::kNone;

  // One more than asked for tells whether there is more. etcd fetches everything when it filters; where nothing is
  // sorted afterwards, stopping early gives the same answer.
  const bool limited = request.limit > 0 && request.limit < std::numeric_limits<int64_t>::max();
  const bool cut_first = as_they_come && (!plan.filters || plan.order == SortOrder::kNone);
  plan.fetch_max = limited && cut_first ? static_cast<size_t>(request.limit) + 1 : 0;
  const bool reads_to_sort = plan.order != SortOrder::kNone && request.sort_target == SortTarget::kValue;
  plan.cut_unread = limited && plan.fetch_max == 0 && !reads_to_sort;
  return plan;
}

bool Passes(const RangeRequest& request, const KeyState& state) {
  const int64_t modified = state.modified.main;
  if (request.max_mod_revision != 0 && modified > request.max_mod_revision) return false;
  if (request.min_mod_revision != 0 && modified < request.min_mod_revision) return false;
  if (request.max_create_revision != 0 && state.created > request.max_create_revision) return false;
  if (request.min_create_revision != 0 && state.created < request.min_create_revision) return false;
  return true;
}

// The least that a key adds to an answer: so much is counted for what stands beside its bytes.
constexpr uint64_t kWeightMin = 48;

// Lists that are longer grow as they are found.
constexpr uint64_t kReservedKeysMax = 64 << 10;

// What a key adds to the answer; false when that is more than `budget` has.
bool Take(const RangeRequest& request, std::string_view key, const KeyState& state, uint64_t* budget) {
  const uint64_t weight = request.keys_only && request.sort_target != SortTarget::kValue
                              ? key.size() + kWeightMin
                              : BytesOfClass(state.size_class);
  if (weight > *budget) return false;
  *budget -= weight;
  return true;
}

struct Selection {
  std::vector<Selected> keys;
  uint64_t found = 0;  // with those that the limit has cut
};

absl::StatusOr<Selection> SelectOne(KeySource& source, const KeyRange& range, const RangeRequest& request,
                                    const Plan& plan, uint64_t* budget) {
  Selection selection;
  QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> state, source.Find(range.begin));
  if (!state.has_value() || (plan.filters && !Passes(request, *state))) return selection;
  if (!Take(request, range.begin, *state, budget)) return base::errors::TooManyRequests();
  selection.keys.emplace_back(range.begin, *state);
  selection.found = 1;
  return selection;
}

// For a plan that cuts what is not read: in their order, and weighed when it is known which they are.
absl::StatusOr<Selection> SelectFirst(KeySource& source, const KeyRange& range, const RangeRequest& request,
                                      const Plan& plan, uint64_t* budget) {
  const auto limit = static_cast<uint64_t>(request.limit);
  FirstInOrder first(request.sort_target, plan.order, limit);
  bool fits = true;
  QUORATE_RETURN_IF_ERROR(source.Scan(range, [&](std::string_view key, const KeyState& state) {
    if (plan.filters && !Passes(request, state)) return true;
    first.Add(source, key, state);
    // So many will be left, whichever they are.
    return fits = std::min(first.added(), limit) <= *budget / kWeightMin;
  }));
  if (!fits) return base::errors::TooManyRequests();
  Selection selection;
  selection.found = first.added();
  selection.keys = std::move(first).Take();
  for (const Selected& one : selection.keys) {
    if (!Take(request, one.key, one.state, budget)) return base::errors::TooManyRequests();
  }
  return selection;
}

// What is to be read of the range, weighed; when the plan does not cut it unread, still to be sorted and cut.
absl::StatusOr<Selection> Select(KeySource& source, const KeyRange& range, const RangeRequest& request,
                                 const Plan& plan, uint64_t* budget) {
  if (range.single) return SelectOne(source, range, request, plan, budget);
  if (plan.cut_unread) return SelectFirst(source, range, request, plan, budget);
  Selection selection;
  if (!plan.filters && source.keeps_keys()) {
    QUORATE_ASSIGN_OR_RETURN(const uint64_t count, source.Count(range));
    selection.keys.reserve(std::min({count, plan.fetch_max == 0 ? count : plan.fetch_max, kReservedKeysMax}));
  }
  bool fits = true;
  QUORATE_RETURN_IF_ERROR(source.Scan(range, [&](std::string_view key, const KeyState& state) {
    if (plan.filters && !Passes(request, state)) return true;
    fits = Take(request, key, state, budget);
    if (fits) selection.keys.emplace_back(source, key, state);
    return fits && (plan.fetch_max == 0 || selection.keys.size() < plan.fetch_max);
  }));
  if (!fits) return base::errors::TooManyRequests();
  selection.found = selection.keys.size();
  return selection;
}

// Sorting by value has to read all of them first.
absl::Status SortByValue(const State& state, SortOrder order, std::vector<Selected>* selected) {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<base::Buffer> records, state.Fetch(RevisionsOf(*selected), {}));
  std::vector<std::pair<std::string_view, size_t>> values(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    QUORATE_ASSIGN_OR_RETURN(const KeyValueFields fields, FieldsOfRecord(records[i].view()));
    values[i] = {fields.value, i};
  }
  std::stable_sort(values.begin(), values.end(), [order](const auto& a, const auto& b) {
    return order == SortOrder::kDescend ? a.first > b.first : a.first < b.first;
  });
  std::vector<Selected> sorted;
  sorted.reserve(values.size());
  for (const auto& [value, place] : values) sorted.push_back(std::move((*selected)[place]));
  selected->swap(sorted);
  return absl::OkStatus();
}

absl::Status Sort(const State& state, const RangeRequest& request, SortOrder order, std::vector<Selected>* selected) {
  if (order == SortOrder::kNone || selected->size() < 2) return absl::OkStatus();
  switch (request.sort_target) {
    case SortTarget::kKey:
      if (order == SortOrder::kDescend) std::reverse(selected->begin(), selected->end());
      return absl::OkStatus();
    case SortTarget::kValue:
      return SortByValue(state, order, selected);
    default:
      SortByNumber(request.sort_target, order, selected);
      return absl::OkStatus();
  }
}

// A single key that is there, asked for plainly: what most reads are.
absl::StatusOr<base::Payload> OneRecord(const State& state, const KeyState& key_state) {
  QUORATE_ASSIGN_OR_RETURN(const base::Buffer record, state.FetchOne(key_state.modified));
  static constexpr char kCountOfOneBytes[] = {kCountField << 3, 1};
  constexpr std::string_view kCountOfOne(kCountOfOneBytes, sizeof kCountOfOneBytes);
  if (record.size() < base::Payload::kInlineBytes) {
    const std::string_view kv = record.view().substr(KeyValueOffset(record.view()));
    std::string body;
    body.reserve(kv.size() + 8);
    base::wire::AppendBytesPrefix(&body, kKvsField, kv.size());
    body += kv;
    body += kCountOfOne;
    return base::Payload(std::move(body));
  }
  base::Payload body;
  AppendRecord(kKvsField, record, &body);
  body.Append(kCountOfOne);
  return body;
}

// The keys as they were, when that is asked for; null: as they are.
std::unique_ptr<KeySource> PastOf(const State& state, const RangeRequest& request, const KeyRange& range) {
  if (request.revision <= 0 || request.revision >= state.revision()) return nullptr;
  return state.At(request.revision, range, {});
}

// Leaves what the limit allows; true when there was more.
bool Cut(const RangeRequest& request, Selection* selection) {
  if (request.limit <= 0 || selection->found <= static_cast<uint64_t>(request.limit)) return false;
  selection->keys.erase(selection->keys.begin() + request.limit, selection->keys.end());
  return true;
}

bool IsPlain(const RangeRequest& request, const Plan& plan) { return !request.keys_only && !plan.filters; }

absl::Status AppendSelected(const State& state, const RangeRequest& request, const std::vector<Selected>& selected,
                            base::Payload* body) {
  if (request.keys_only) {
    // etcd answers from its index here, which knows no leases, unless it had to read the values to sort by them.
    const bool with_lease = request.sort_target == SortTarget::kValue;
    for (const Selected& one : selected) AppendKeyOnly(kKvsField, one.key, one.state, with_lease, body);
    return absl::OkStatus();
  }
  QUORATE_ASSIGN_OR_RETURN(std::vector<base::Buffer> records, state.Fetch(RevisionsOf(selected), {}));
  body->Reserve(records.size());
  for (base::Buffer& record : records) AppendRecord(kKvsField, std::move(record), body);
  return absl::OkStatus();
}

}  // namespace

void AppendRecord(uint32_t field, base::Buffer record, base::Payload* out) {
  const size_t offset = KeyValueOffset(record.view());
  const size_t length = record.size() - offset;
  std::string prefix;
  base::wire::AppendBytesPrefix(&prefix, field, length);
  out->Append(prefix);
  out->Append(std::move(record), offset, length);
}

void AppendKeyOnly(uint32_t field, std::string_view key, const KeyState& state, bool with_lease, base::Payload* out) {
  const std::string kv = EncodeKeyOnly(key, state, with_lease);
  std::string prefix;
  base::wire::AppendBytesPrefix(&prefix, field, kv.size());
  out->Append(prefix);
  out->Append(kv);
}

absl::Status CheckRevision(const State& state, int64_t revision) {
  if (revision > state.revision()) return base::errors::FutureRevision();
  // Zero and below mean the newest, which is never compacted.
  if (revision > 0 && revision < state.compacted_revision()) return base::errors::Compacted();
  return absl::OkStatus();
}

absl::StatusOr<base::Payload> ExecuteRange(const State& state, const RangeRequest& request, uint64_t* budget) {
  QUORATE_RETURN_IF_ERROR(CheckRevision(state, request.revision));
  const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
  if (range.IsEmpty()) return base::Payload();

  const std::unique_ptr<KeySource> past = PastOf(state, request, range);
  KeySource& source = past ? *past : state.Now();
  const Plan plan = MakePlan(request);

  if (range.single && !request.count_only && IsPlain(request, plan)) {
    QUORATE_ASSIGN_OR_RETURN(std::optional<KeyState> found, source.Find(range.begin));
    if (!found.has_value()) return base::Payload();
    if (!Take(request, range.begin, *found, budget)) return base::errors::TooManyRequests();
    return OneRecord(state, *found);
  }

  base::Payload body;
  uint64_t count = 0;
  bool more = false;
  if (request.count_only) {
    QUORATE_ASSIGN_OR_RETURN(count, source.Count(range));
  } else {
    QUORATE_ASSIGN_OR_RETURN(Selection selection, Select(source, range, request, plan, budget));
    const bool all = plan.fetch_max == 0 || selection.found < plan.fetch_max;
    if (all && !plan.filters) {
      count = selection.found;
    } else {
      QUORATE_ASSIGN_OR_RETURN(count, source.Count(range));
    }
    if (!plan.cut_unread) QUORATE_RETURN_IF_ERROR(Sort(state, request, plan.order, &selection.keys));
    more = Cut(request, &selection);
    QUORATE_RETURN_IF_ERROR(AppendSelected(state, request, selection.keys, &body));
  }
  std::string tail;
  base::wire::AppendBoolField(&tail, kMoreField, more);
  base::wire::AppendVarintField(&tail, kCountField, count);
  body.Append(tail);
  return body;
}

absl::Status WeighRange(const State& state, const RangeRequest& request, uint64_t* budget) {
  const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
  if (range.IsEmpty() || request.count_only) return absl::OkStatus();
  const std::unique_ptr<KeySource> past = PastOf(state, request, range);
  const Plan plan = MakePlan(request);
  uint64_t left = *budget;
  QUORATE_RETURN_IF_ERROR(Select(past ? *past : state.Now(), range, request, plan, &left).status());
  *budget = left;
  return absl::OkStatus();
}

}  // namespace quorate::mvcc
