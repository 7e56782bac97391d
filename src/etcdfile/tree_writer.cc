#include "src/etcdfile/tree_writer.h"

#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/little_endian.h"

namespace quorate::etcdfile {
namespace {

// bbolt keeps a bucket inline up to this part of a page.
constexpr uint32_t kInlineDivisor = 4;
constexpr size_t kElementsMax = 0xFFFE;
// Entries of about a page each would leave half of their pages empty; so a leaf goes on over the next page while more
// than this part of it is empty, up to this many pages.
constexpr size_t kWasteDivisor = 8;
constexpr size_t kLeafPagesMax = 16;

}  // namespace

size_t TreeWriter::PagesOf(const Level& level) const {
  return (BytesOf(level) + output_->page_bytes - 1) / output_->page_bytes;
}

size_t TreeWriter::BytesOf(const Level& level) const {
  return kPageHeadBytes + level.elements.size() * kElementBytes + level.data_bytes;
}

void TreeWriter::MakeRoom(size_t entry_bytes) {
  const Level& leaf = levels_[0];
  if (leaf.elements.empty()) return;
  const size_t bytes = BytesOf(leaf);
  const size_t room = PagesOf(leaf) * output_->page_bytes;
  const bool fits = bytes + kElementBytes + entry_bytes <= room;
  const bool wasteful = room - bytes > room / kWasteDivisor && room < kLeafPagesMax * output_->page_bytes;
  if ((!fits && !wasteful) || leaf.elements.size() == kElementsMax) Close(0);
}

void TreeWriter::AddElement(size_t level, std::string_view key, size_t value_bytes, uint32_t flags, uint64_t child) {
  QUORATE_CHECK(!key.empty() && key.size() <= kKeyBytesMax) << "a key of " << key.size() << " bytes";
  Level& open = levels_[level];
  open.elements.push_back({flags, static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value_bytes), child});
  open.data_bytes += key.size() + value_bytes;
  open.data.append(key);
}

void TreeWriter::AddChild(size_t level, std::string_view key, uint64_t child) {
  if (level == levels_.size()) levels_.emplace_back();
  const Level& branch = levels_[level];
  const bool fits = BytesOf(branch) + kElementBytes + key.size() <= output_->page_bytes;
  // A branch refers to two pages at least, however long their keys: the last one moves over to the next branch.
  if (branch.elements.size() > 2 && (!fits || branch.elements.size() == kElementsMax)) {
    const Element last = branch.elements.back();
    const std::string last_key = branch.data.substr(branch.data.size() - last.key_bytes);
    levels_[level].elements.pop_back();
    levels_[level].data.resize(branch.data.size() - last.key_bytes);
    levels_[level].data_bytes -= last.key_bytes;
    Close(level);
    AddElement(level, last_key, 0, 0, last.child);
  }
  AddElement(level, key, 0, 0, child);
}

void TreeWriter::Close(size_t level) {
  const uint64_t page_count = PagesOf(levels_[level]);
  const uint64_t id = std::exchange(output_->next_page, output_->next_page + page_count);
  if (output_->out != nullptr) AppendPage(level, id, page_count, output_->out);
  Level closed = std::exchange(levels_[level], Level());
  levels_[level].any_closed = true;
  const std::string_view first_key = closed.elements.empty()
                                         ? std::string_view()
                                         : std::string_view(closed.data).substr(0, closed.elements[0].key_bytes);
  if (!first_key.empty()) AddChild(level + 1, first_key, id);
  // The room is used again.
  closed.elements.clear();
  closed.data.clear();
  levels_[level].elements.swap(closed.elements);
  levels_[level].data.swap(closed.data);
}

void TreeWriter::AppendPage(size_t level, uint64_t id, uint64_t page_count, std::string* out) const {
  const Level& page = levels_[level];
  const size_t begin = out->size();
  AppendPageHead({id, level == 0 ? kLeafPage : kBranchPage, static_cast<uint16_t>(page.elements.size()),
                  static_cast<uint32_t>(page_count == 0 ? 0 : page_count - 1)},
                 out);
  uint64_t data_at = kPageHeadBytes + page.elements.size() * kElementBytes;
  uint64_t element_at = kPageHeadBytes;
  for (const Element& element : page.elements) {
    const auto position = static_cast<uint32_t>(data_at - element_at);
    if (level == 0) {
      base::AppendLittleEndian(out, element.flags);
      base::AppendLittleEndian(out, position);
      base::AppendLittleEndian(out, element.key_bytes);
      base::AppendLittleEndian(out, element.value_bytes);
    } else {
      base::AppendLittleEndian(out, position);
      base::AppendLittleEndian(out, element.key_bytes);
      base::AppendLittleEndian(out, element.child);
    }
    data_at += element.key_bytes + element.value_bytes;
    element_at += kElementBytes;
  }
  QUORATE_CHECK(page.data.size() == page.data_bytes) << "a value is not of the size that was told";
  out->append(page.data);
  if (page_count != 0) out->resize(begin + page_count * output_->page_bytes, '\0');
}

uint64_t TreeWriter::FinishRoot() {
  if (levels_[0].elements.empty() && !levels_[0].any_closed) {
    const uint64_t id = output_->next_page;
    Close(0);
    return id;
  }
  for (size_t level = 0;; ++level) {
    // A level of a single page that nothing was closed before is not a branch yet: its one child is the top.
    Level& open = levels_[level];
    if (level > 0 && open.elements.size() == 1 && !open.any_closed) return open.elements[0].child;
    if (!open.elements.empty()) Close(level);
  }
}

std::string TreeWriter::FinishBucket() {
  std::string value;
  const bool is_inline = !levels_[0].any_closed && BytesOf(levels_[0]) <= output_->page_bytes / kInlineDivisor;
  base::AppendLittleEndian<uint64_t>(&value, is_inline ? 0 : FinishRoot());
  base::AppendLittleEndian<uint64_t>(&value, 0);
  if (!is_inline) return value;
  if (output_->out != nullptr) {
    AppendPage(0, 0, 0, &value);
  } else {
    value.resize(kBucketHeadBytes + BytesOf(levels_[0]), '\0');
  }
  return value;
}

}  // namespace quorate::etcdfile
