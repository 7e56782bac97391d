#include "src/mvcc/key_sources.h"

#include <algorithm>

#include "src/mvcc/read_patiently.h"

namespace quorate::mvcc {
namespace {

// What finding one key in the `keys` family costs: a seek, some 16 us when the blocks are in memory.
constexpr uint64_t kFamilySeekCost = 32;
// A list of the past may have to be pieced together from the family.
constexpr uint64_t kPastListCost = 256;

// One key is found by a seek, while rolling the index back costs a microsecond for each change since, and a root kept.
bool IsForFamily(const KeysFamily& keys_family, const KeyIndex& index, int64_t revision, const KeyRange& range,
                 uint64_t rolled_changes_max) {
  return keys_family.complete() >= revision && index.ChangesSince(revision) > (range.single ? 0 : rolled_changes_max);
}

}  // namespace

std::unique_ptr<KeySource> PastSource(const storage::Database* database, KeysFamily* keys_family, KeyIndex* index,
                                      int64_t revision, const KeyRange& range, const PastOptions& options) {
  if (!IsForFamily(*keys_family, *index, revision, range, options.rolled_changes_max)) {
    if (IndexView view = index->ViewAt(revision)) return std::make_unique<ViewSource>(std::move(view));
  }
  auto family = std::make_unique<FamilySource>(database, keys_family, revision, options.snapshot, options.may_go_on);
  if (options.patient) return std::make_unique<PatientSource>(std::move(family));
  return family;
}

uint64_t PastCost(const KeysFamily& keys_family, const KeyIndex& index, int64_t revision, const KeyRange& range) {
  const uint64_t changes = index.ChangesSince(revision);
  if (!range.single) return kPastListCost + changes;
  return keys_family.complete() >= revision ? std::min(changes, kFamilySeekCost) : changes;
}

absl::Status ViewSource::Scan(const KeyRange& range, const Visit& visit) {
  view_.Scan(range, visit);
  return absl::OkStatus();
}

absl::Status WriterSource::Scan(const KeyRange& range, const Visit& visit) {
  index_->Scan(range, visit);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<KeyState>> PatientSource::Find(std::string_view key) {
  return ReadPatiently([&] { return base_->Find(key); });
}

absl::StatusOr<uint64_t> PatientSource::Count(const KeyRange& range) {
  return ReadPatiently([&] { return base_->Count(range); });
}

absl::Status PatientSource::Scan(const KeyRange& range, const Visit& visit) {
  if (range.single) {
    QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> found, Find(range.begin));
    if (found.has_value()) visit(range.begin, *found);
    return absl::OkStatus();
  }
  std::string next(range.begin);
  return ReadPatiently([&] {
    const std::string begin = next;
    KeyRange rest = range;
    rest.begin = begin;
    return base_->Scan(rest, [&](std::string_view key, const KeyState& state) {
      next.assign(key);
      next.push_back('\0');
      return visit(key, state);
    });
  });
}

const Overlay::Change* OverlaySource::LastOf(const std::vector<Overlay::Change>& changes) const {
  const auto after = std::partition_point(changes.begin(), changes.end(), [this](const Overlay::Change& change) {
    return change.revision.main <= revision_;
  });
  return after == changes.begin() ? nullptr : &*std::prev(after);
}

absl::StatusOr<std::optional<KeyState>> OverlaySource::Find(std::string_view key) {
  const auto changed = changes_.find(key);
  const Overlay::Change* last = changed == changes_.end() ? nullptr : LastOf(changed->second);
  return last != nullptr ? last->state : base_->Find(key);
}

absl::StatusOr<uint64_t> OverlaySource::Count(const KeyRange& range) {
  QUORATE_ASSIGN_OR_RETURN(uint64_t count, base_->Count(range));
  for (auto changed = changes_.lower_bound(range.begin); changed != changes_.end() && range.Contains(changed->first);
       ++changed) {
    const Overlay::Change* last = LastOf(changed->second);
    if (last == nullptr) continue;
    QUORATE_ASSIGN_OR_RETURN(const std::optional<KeyState> before, base_->Find(changed->first));
    count = count - (before.has_value() ? 1 : 0) + (last->state.has_value() ? 1 : 0);
  }
  return count;
}

absl::Status OverlaySource::Scan(const KeyRange& range, const Visit& visit) {
  auto changed = changes_.lower_bound(range.begin);
  bool more = true;
  bool hidden = false;  // whether what the base says of the key last passed is no longer so
  // Visits the changed keys up to `key` (null: to the end of the range), that one included.
  auto visit_changed = [&](const std::string_view* key) {
    while (more && changed != changes_.end() && range.Contains(changed->first) &&
           (key == nullptr || changed->first <= *key)) {
      const Overlay::Change* last = LastOf(changed->second);
      if (last != nullptr && last->state.has_value()) more = visit(changed->first, *last->state);
      hidden = last != nullptr && key != nullptr && changed->first == *key;
      ++changed;
    }
  };
  QUORATE_RETURN_IF_ERROR(base_->Scan(range, [&](std::string_view key, const KeyState& state) {
    hidden = false;
    visit_changed(&key);
    if (more && !hidden) more = visit(key, state);
    return more;
  }));
  visit_changed(nullptr);
  return absl::OkStatus();
}

}  // namespace quorate::mvcc
