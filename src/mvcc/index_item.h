#pragma once

// One live key of the key index: its bytes and what is known of it, in one heap block that never changes. A Put makes a
// new item, so that readers of older states keep theirs.
//
// Layout: 24 bytes of header, then an 8-byte word each for sub revision, lease and a version of 2^32 or more, present
// only when they are not zero (most keys have none), then the key. With the word that AllocationBytes adds that is 32
// bytes a key.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quorate/mvcc/key_index.h"

namespace quorate::mvcc::index {

// What a block of `size` bytes is counted as: what glibc's malloc takes for it, a word before it and multiples of 16.
// jemalloc, which the daemon links, takes from 16 bytes less to a quarter more, up to 128 bytes never more.
constexpr size_t AllocationBytes(size_t size) {
  constexpr size_t kWord = 8, kGrain = 16, kSmallest = 32;
  const size_t block = (size + kWord + kGrain - 1) / kGrain * kGrain;
  return block < kSmallest ? kSmallest : block;
}

class Item {
 public:
  static const Item* Create(std::string_view key, const KeyState& state);
  // An item that only separates two children of an inner node; `born` is the version of the tree that made it.
  static const Item* CreateSeparator(std::string_view key, int64_t born);
  static void Destroy(const Item* item);

  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;

  // The first revision (of a separator: version) in which it is seen.
  int64_t born() const { return born_; }
  std::string_view key() const { return {words() + kWordBytes * word_count(), size_and_flags_ & kSizeMask}; }
  KeyState state() const;
  // What it takes of the heap.
  size_t bytes() const;

 private:
  static constexpr size_t kWordBytes = 8;
  static constexpr uint32_t kHasSub = 1u << 31;
  static constexpr uint32_t kHasLease = 1u << 30;
  static constexpr uint32_t kHasWideVersion = 1u << 29;
  static constexpr uint32_t kSizeMask = kHasWideVersion - 1;

  Item() = default;
  static size_t WordCount(uint32_t flags) { return (flags >> 31) + (flags >> 30 & 1) + (flags >> 29 & 1); }
  static Item* Allocate(std::string_view key, uint32_t flags);
  const char* words() const { return reinterpret_cast<const char*>(this + 1); }
  char* words() { return reinterpret_cast<char*>(this + 1); }
  size_t word_count() const { return WordCount(size_and_flags_); }

  int64_t born_;
  uint64_t created_ : kRevisionBits;
  uint64_t size_class_ : 64 - kRevisionBits;
  uint32_t version_;
  uint32_t size_and_flags_;
};

}  // namespace quorate::mvcc::index
