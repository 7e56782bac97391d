#include "src/mvcc/index_record.h"

#include <cstring>
#include <limits>
#include <new>

#include "quorate/base/check.h"

namespace quorate::mvcc::index {

Record* Record::Allocate(std::string_view key, uint32_t flags) {
  QUORATE_CHECK(key.size() <= kSizeMask) << "a key of " << key.size() << " bytes";
  const size_t words = kWordBytes * WordCount(flags);
  auto* record = new (::operator new(sizeof(Record) + words + key.size())) Record;
  record->size_and_flags_ = static_cast<uint32_t>(key.size()) | flags;
  if (!key.empty()) memcpy(record->words() + words, key.data(), key.size());
  return record;
}

const Record* Record::Create(std::string_view key, const KeyState& state) {
  const bool wide = state.version < 0 || state.version > std::numeric_limits<uint32_t>::max();
  const uint32_t flags =
      (state.modified.sub != 0 ? kHasSub : 0) | (state.lease != 0 ? kHasLease : 0) | (wide ? kHasWideVersion : 0);
  Record* record = Allocate(key, flags);
  record->born_ = state.modified.main;
  record->created_ = static_cast<uint64_t>(state.created);
  QUORATE_CHECK(static_cast<int64_t>(record->created_) == state.created) << "a key created at " << state.created;
  record->size_class_ = state.size_class;
  record->version_ = static_cast<uint32_t>(state.version);
  char* word = record->words();
  auto add = [&word](int64_t value) {
    memcpy(word, &value, kWordBytes);
    word += kWordBytes;
  };
  if (flags & kHasSub) add(state.modified.sub);
  if (flags & kHasLease) add(state.lease);
  if (flags & kHasWideVersion) add(state.version);
  return record;
}

const Record* Record::CreateSeparator(std::string_view key, int64_t born) {
  Record* record = Allocate(key, 0);
  record->born_ = born;
  record->created_ = 0;
  record->size_class_ = 0;
  record->version_ = 0;
  return record;
}

void Record::Destroy(const Record* record) { ::operator delete(const_cast<Record*>(record)); }

KeyState Record::state() const {
  KeyState state;
  state.modified.main = born_;
  state.created = static_cast<int64_t>(created_);
  state.size_class = static_cast<uint16_t>(size_class_);
  state.version = version_;
  if ((size_and_flags_ & ~kSizeMask) == 0) return state;
  const char* word = words();
  auto next = [&word](int64_t* value) {
    memcpy(value, word, kWordBytes);
    word += kWordBytes;
  };
  if (size_and_flags_ & kHasSub) next(&state.modified.sub);
  if (size_and_flags_ & kHasLease) next(&state.lease);
  if (size_and_flags_ & kHasWideVersion) next(&state.version);
  return state;
}

size_t Record::bytes() const {
  return AllocationBytes(sizeof(Record) + kWordBytes * word_count() + (size_and_flags_ & kSizeMask));
}

}  // namespace quorate::mvcc::index
