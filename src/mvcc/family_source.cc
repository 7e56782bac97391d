#include "src/mvcc/key_codec.h"
#include "src/mvcc/key_sources.h"

namespace quorate::mvcc {
namespace {

// A key with more entries than this on the way is left by seeking: a step is some 0.2 us, a seek some 3 us.
constexpr int kStepsBeforeSeek = 8;
// Some milliseconds in memory, and a fraction of a second where each has to be sought on the disk.
constexpr uint64_t kKeysBetweenLooks = 1024;

storage::IteratorOptions BoundsOf(const KeyRange& range, const storage::Snapshot* snapshot) {
  storage::IteratorOptions options;
  options.snapshot = snapshot;
  options.lower_bound = EncodeKeyPrefix(range.begin);
  if (range.single) {
    options.upper_bound = AfterKeyPrefix(options.lower_bound);
  } else if (!range.unbounded) {
    options.upper_bound = EncodeKeyPrefix(range.end);
  }
  return options;
}

// Moves from inside a key's entries to the first one for which `done` holds, by steps, or by one seek to `target`.
template <typename Done>
void Skip(storage::Iterator& iterator, const std::string& target, Done&& done) {
  for (int step = 0; step < kStepsBeforeSeek; ++step) {
    if (!iterator.Valid() || done()) return;
    iterator.Next();
  }
  if (iterator.Valid() && !done()) iterator.Seek(target);
}

}  // namespace

absl::Status FamilySource::Walk(
    const KeyRange& range,
    const std::function<absl::StatusOr<bool>(std::string_view prefix, const KeyState& state)>& visit) {
  if (range.IsEmpty()) return absl::OkStatus();
  QUORATE_RETURN_IF_ERROR(keys_family_->WaitFor(revision_));
  const storage::IteratorOptions bounds = BoundsOf(range, snapshot_.get());
  auto iterator = database_->NewIterator(storage::Family::kKeys, bounds);
  std::string target = bounds.lower_bound;
  if (range.single) AppendSeekRevision(revision_, &target);
  iterator->Seek(target);
  uint64_t walked = 0;
  while (iterator->Valid()) {
    // Not left to who visits, who hears of live keys only.
    if (may_go_on_ && ++walked % kKeysBetweenLooks == 0) QUORATE_RETURN_IF_ERROR(may_go_on_());
    Revision found;
    auto prefix = SplitKeyAt(iterator->key(), &found);
    if (!prefix.has_value()) return MalformedKeyEntry();
    const std::string key_prefix(*prefix);
    if (found.main > revision_) {
      std::string newest = key_prefix;
      AppendSeekRevision(revision_, &newest);
      Skip(*iterator, newest, [&] { return iterator->key() >= std::string_view(newest); });
      continue;  // now at the entry sought, or at another key's
    }
    std::optional<KeyState> state;
    if (!DecodeKeyState(iterator->value(), found, &state)) return MalformedKeyEntry();
    if (state.has_value()) {
      QUORATE_ASSIGN_OR_RETURN(const bool more, visit(key_prefix, *state));
      if (!more) return absl::OkStatus();
    }
    const std::string after = AfterKeyPrefix(key_prefix);
    Skip(*iterator, after, [&] { return iterator->key() >= std::string_view(after); });
  }
  return iterator->status();
}

absl::StatusOr<std::optional<KeyState>> FamilySource::Find(std::string_view key) {
  std::optional<KeyState> found;
  QUORATE_RETURN_IF_ERROR(Walk(KeyRange::FromRequest(key, {}),
                               [&found](std::string_view prefix, const KeyState& state) -> absl::StatusOr<bool> {
                                 found = state;
                                 return false;
                               }));
  return found;
}

absl::StatusOr<uint64_t> FamilySource::Count(const KeyRange& range) {
  uint64_t count = 0;
  QUORATE_RETURN_IF_ERROR(Walk(range, [&count](std::string_view prefix, const KeyState& state) -> absl::StatusOr<bool> {
    ++count;
    return true;
  }));
  return count;
}

absl::Status FamilySource::Scan(const KeyRange& range, const Visit& visit) {
  return Walk(range, [&](std::string_view prefix, const KeyState& state) -> absl::StatusOr<bool> {
    const auto key = DecodeKeyPrefix(prefix);
    if (!key.has_value()) return MalformedKeyEntry();
    return visit(*key, state);
  });
}

}  // namespace quorate::mvcc
