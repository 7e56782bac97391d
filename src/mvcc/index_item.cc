#include "src/mvcc/index_item.h"

#include <cstring>
#include <limits>
#include <new>

#include "quorate/base/check.h"

namespace quorate::mvcc::index {

Item* Item::Allocate(std::string_view key, uint32_t flags) {
  QUORATE_CHECK(key.size() <= kSizeMask) << "a key of " << key.size() << " bytes";
  const size_t words = kWordBytes * WordCount(flags);
  auto* item = new (::operator new(sizeof(Item) + words + key.size())) Item;
  item->size_and_flags_ = static_cast<uint32_t>(key.size()) | flags;
  if (!key.empty()) memcpy(item->words() + words, key.data(), key.size());
  return item;
}

const Item* Item::Create(std::string_view key, const KeyState& state) {
  const bool wide = state.version < 0 || state.version > std::numeric_limits<uint32_t>::max();
  const uint32_t flags =
      (state.modified.sub != 0 ? kHasSub : 0) | (state.lease != 0 ? kHasLease : 0) | (wide ? kHasWideVersion : 0);
  Item* item = Allocate(key, flags);
  item->born_ = state.modified.main;
  item->created_ = static_cast<uint64_t>(state.created);
  QUORATE_CHECK(static_cast<int64_t>(item->created_) == state.created) << "a key created at " << state.created;
  item->size_class_ = state.size_class;
  item->version_ = static_cast<uint32_t>(state.version);
  char* word = item->words();
  auto add = [&word](int64_t value) {
    memcpy(word, &value, kWordBytes);
    word += kWordBytes;
  };
  if (flags & kHasSub) add(state.modified.sub);
  if (flags & kHasLease) add(state.lease);
  if (flags & kHasWideVersion) add(state.version);
  return item;
}

const Item* Item::CreateSeparator(std::string_view key, int64_t born) {
  Item* item = Allocate(key, 0);
  item->born_ = born;
  item->created_ = 0;
  item->size_class_ = 0;
  item->version_ = 0;
  return item;
}

void Item::Destroy(const Item* item) { ::operator delete(const_cast<Item*>(item)); }

KeyState Item::state() const {
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

size_t Item::bytes() const {
  return AllocationBytes(sizeof(Item) + kWordBytes * word_count() + (size_and_flags_ & kSizeMask));
}

}  // namespace quorate::mvcc::index
