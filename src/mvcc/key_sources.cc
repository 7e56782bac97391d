#include "src/mvcc/key_sources.h"

#include "quorate/base/check.h"

namespace quorate::mvcc {

absl::Status ViewSource::Scan(const KeyRange& range, const Visit& visit) {
  view_.Scan(range, visit);
  return absl::OkStatus();
}

absl::Status WriterSource::Scan(const KeyRange& range, const Visit& visit) {
  index_->Scan(range, visit);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<KeyState>> OverlaySource::Find(std::string_view key) {
  auto change = changes_.find(key);
  if (change != changes_.end()) return change->second;
  return base_->Find(key);
}

absl::StatusOr<uint64_t> OverlaySource::Count(const KeyRange& range) {
  uint64_t count = 0;
  QUORATE_RETURN_IF_ERROR(Scan(range, [&count](std::string_view key, const KeyState& state) {
    ++count;
    return true;
  }));
  return count;
}

absl::Status OverlaySource::Scan(const KeyRange& range, const Visit& visit) {
  auto change = changes_.lower_bound(range.begin);
  bool more = true;
  // Visits the changes that come before `key`, and the one to `key` itself instead of what the base says.
  auto visit_changes = [&](const std::string_view* key) {
    while (more && change != changes_.end() && range.Contains(change->first) &&
           (key == nullptr || change->first <= *key)) {
      if (change->second.has_value()) more = visit(change->first, *change->second);
      ++change;
    }
  };
  QUORATE_RETURN_IF_ERROR(base_->Scan(range, [&](std::string_view key, const KeyState& state) {
    visit_changes(&key);
    if (more && !changes_.contains(key)) more = visit(key, state);
    return more;
  }));
  visit_changes(nullptr);
  return absl::OkStatus();
}

}  // namespace quorate::mvcc
