#pragma once

// Builds the tree of pages of one bucket from its entries in the order of their keys, bottom up: a page is given its
// number and written when the next entry finds no room in it, a branch after the pages it refers to. So one open page a
// level is all that is held.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/etcdfile/format.h"

namespace quorate::etcdfile {

// Where pages go. Without `out` they are counted only.
struct PageOutput {
  uint32_t page_bytes;
  uint64_t next_page;
  std::string* out = nullptr;
};

class TreeWriter {
 public:
  explicit TreeWriter(PageOutput* output) : output_(output) {}

  // Keys rise. `append_value(std::string*)` is called at once when pages are written, and appends `value_bytes`.
  template <typename AppendValue>
  void Add(std::string_view key, uint32_t flags, size_t value_bytes, AppendValue&& append_value) {
    MakeRoom(key.size() + value_bytes);
    AddElement(0, key, value_bytes, flags);
    if (output_->out != nullptr) append_value(&levels_[0].data);
  }
  // Writes what is open; the page at the top of the tree. Of an empty tree it is an empty leaf.
  uint64_t FinishRoot();
  // The value under which the bucket is stored: the number of its top page, or, when that is a small leaf, the page
  // itself.
  std::string FinishBucket();

 private:
  struct Element {
    uint32_t flags;
    uint32_t key_bytes;
    uint32_t value_bytes;
    uint64_t child;
  };
  struct Level {
    std::vector<Element> elements;
    std::string data;  // keys and values; of a leaf that is only counted, keys
    size_t data_bytes = 0;
    bool any_closed = false;
  };

  size_t BytesOf(const Level& level) const;
  size_t PagesOf(const Level& level) const;
  // Closes the open leaf when an entry of that many bytes does not fit.
  void MakeRoom(size_t entry_bytes);
  void AddElement(size_t level, std::string_view key, size_t value_bytes, uint32_t flags, uint64_t child = 0);
  // Writes the open page of a level and tells the one above.
  void Close(size_t level);
  void AddChild(size_t level, std::string_view key, uint64_t child);
  void AppendPage(size_t level, uint64_t id, uint64_t page_count, std::string* out) const;

  PageOutput* output_;
  std::vector<Level> levels_ = std::vector<Level>(1);  // 0: leaves
};

}  // namespace quorate::etcdfile
