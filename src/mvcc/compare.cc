#include "src/mvcc/compare.h"

#include <optional>

#include "src/mvcc/record.h"

namespace quorate::mvcc {
namespace {

// Values of a range are compared in groups: one that fails early spares reading the rest.
constexpr size_t kValuesAtOnce = 256;

template <typename T>
bool Holds(CompareResult result, const T& actual, const T& operand) {
  switch (result) {
    case CompareResult::kEqual:
      return actual == operand;
    case CompareResult::kNotEqual:
      return actual != operand;
    case CompareResult::kGreater:
      return actual > operand;
    case CompareResult::kLess:
      return actual < operand;
  }
  return true;  // a result of a newer protocol; etcd lets it pass
}

// An operand that belongs to another target counts as absent: zero, or the empty value.
int64_t NumberFor(const Compare& compare, Compare::Operand operand) {
  return compare.operand == operand ? compare.number : 0;
}

std::string_view ValueOf(const Compare& compare) {
  return compare.operand == Compare::Operand::kValue ? compare.value : std::string_view();
}

bool NumberHolds(const Compare& compare, const KeyState& state) {
  switch (compare.target) {
    case CompareTarget::kVersion:
      return Holds(compare.result, state.version, NumberFor(compare, Compare::Operand::kVersion));
    case CompareTarget::kCreate:
      return Holds(compare.result, state.created, NumberFor(compare, Compare::Operand::kCreate));
    case CompareTarget::kMod:
      return Holds(compare.result, state.modified.main, NumberFor(compare, Compare::Operand::kMod));
    case CompareTarget::kLease:
      return Holds(compare.result, state.lease, NumberFor(compare, Compare::Operand::kLease));
    default:
      return Holds(compare.result, 0, 0);  // a target of a newer protocol: etcd takes both sides as equal
  }
}

absl::StatusOr<bool> ValueHolds(const Compare& compare, const base::Buffer& record) {
  QUORATE_ASSIGN_OR_RETURN(const KeyValueFields fields, FieldsOfRecord(record.view()));
  return Holds(compare.result, fields.value, ValueOf(compare));
}

absl::StatusOr<bool> ValuesHold(const State& state, const Compare& compare, const std::vector<Revision>& revisions) {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<base::Buffer> records, state.Fetch(revisions, {}));
  for (const base::Buffer& record : records) {
    QUORATE_ASSIGN_OR_RETURN(const bool holds, ValueHolds(compare, record));
    if (!holds) return false;
  }
  return true;
}

absl::StatusOr<bool> NumbersHold(KeySource& source, const Compare& compare, const KeyRange& range) {
  bool any = false;
  bool hold = true;
  QUORATE_RETURN_IF_ERROR(source.Scan(range, [&](std::string_view key, const KeyState& state) {
    any = true;
    return hold = NumberHolds(compare, state);
  }));
  return any ? hold : NumberHolds(compare, KeyState());
}

absl::StatusOr<bool> RangeOfValuesHolds(const State& state, KeySource& source, const Compare& compare,
                                        const KeyRange& range) {
  std::vector<Revision> revisions;
  absl::StatusOr<bool> hold = true;
  bool any = false;
  QUORATE_RETURN_IF_ERROR(source.Scan(range, [&](std::string_view key, const KeyState& key_state) {
    any = true;
    revisions.push_back(key_state.modified);
    if (revisions.size() < kValuesAtOnce) return true;
    hold = ValuesHold(state, compare, revisions);
    revisions.clear();
    return hold.ok() && *hold;
  }));
  if (!hold.ok() || !*hold || revisions.empty()) return hold.ok() ? absl::StatusOr<bool>(any && *hold) : hold;
  return ValuesHold(state, compare, revisions);
}

absl::StatusOr<bool> OneHolds(const State& state, const Compare& compare) {
  const KeyRange range = KeyRange::FromRequest(compare.key, compare.range_end);
  const bool of_values = compare.target == CompareTarget::kValue;
  if (range.IsEmpty()) return !of_values && NumberHolds(compare, KeyState());
  KeySource& source = state.Now();
  if (!range.single) {
    return of_values ? RangeOfValuesHolds(state, source, compare, range) : NumbersHold(source, compare, range);
  }
  QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> found, source.Find(range.begin));
  if (!of_values) return NumberHolds(compare, found.value_or(KeyState()));
  if (!found.has_value()) return false;
  QUORATE_ASSIGN_OR_RETURN(const base::Buffer record, state.FetchOne(found->modified));
  return ValueHolds(compare, record);
}

}  // namespace

absl::StatusOr<bool> AllHold(const State& state, const std::vector<Compare>& comparisons, uint64_t* made) {
  for (const Compare& compare : comparisons) {
    ++*made;
    QUORATE_ASSIGN_OR_RETURN(const bool holds, OneHolds(state, compare));
    if (!holds) return false;
  }
  return true;
}

}  // namespace quorate::mvcc
