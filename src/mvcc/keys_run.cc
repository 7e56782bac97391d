#include "src/mvcc/keys_run.h"

#include <algorithm>

#include "src/mvcc/key_codec.h"

namespace quorate::mvcc {
namespace {

uint64_t HeadOf(std::string_view key) {
  uint64_t head = 0;
  for (size_t i = 0; i < sizeof head; ++i) head = head << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  return head;
}

}  // namespace

void KeysRun::Add(std::string_view key, Revision revision, std::string_view value) {
  Place place{bytes_.size(), 0};
  AppendKeyAt(key, revision, &bytes_);
  place.value = bytes_.size();
  bytes_.append(value);
  places_.push_back(place);
}

std::string_view KeysRun::key(size_t i) const {
  return std::string_view(bytes_).substr(places_[i].key, places_[i].value - places_[i].key);
}

std::string_view KeysRun::value(size_t i) const {
  const size_t end = i + 1 < places_.size() ? places_[i + 1].key : bytes_.size();
  return std::string_view(bytes_).substr(places_[i].value, end - places_[i].value);
}

SortedKeys::SortedKeys(const std::vector<KeysRun>& runs) {
  size_t entries = 0;
  for (const KeysRun& run : runs) entries += run.size();
  entries_.reserve(entries);
  for (const KeysRun& run : runs) {
    for (size_t i = 0; i < run.size(); ++i) entries_.push_back({HeadOf(run.key(i)), run.key(i), run.value(i)});
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.head != b.head ? a.head < b.head : a.key < b.key; });
}

void SortedKeys::AddTo(storage::WriteBatch* batch, size_t from, size_t to) const {
  for (size_t i = from; i < to; ++i) batch->Put(storage::Family::kKeys, entries_[i].key, entries_[i].value);
}

}  // namespace quorate::mvcc
