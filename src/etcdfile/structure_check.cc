#include "src/etcdfile/structure_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "src/etcdfile/tree_cursor.h"

namespace quorate::etcdfile {
namespace {

// The list of free pages is read in pieces of this size.
constexpr size_t kFreelistPieceBytes = 64 << 10;
// The count of a freelist page that stands for: the true count comes first.
constexpr uint16_t kCountFollows = 0xFFFF;

class StructureCheck {
 public:
  explicit StructureCheck(const PageFile& file)
      : file_(file), used_(file.meta().page_count), free_(file.meta().page_count) {}

  absl::Status Run() {
    for (uint64_t id = 0; id < kFirstDataPage; ++id) used_[id] = true;
    const bool listed = file_.meta().freelist != kNoFreelist;
    if (listed) QUORATE_RETURN_IF_ERROR(ReadFreelist());
    QUORATE_RETURN_IF_ERROR(CheckTree(file_.meta().root, {}, {}, 0, 0));
    // Without a list whatever is not used is free.
    for (uint64_t id = 0; listed && id < used_.size(); ++id) {
      if (!used_[id] && !free_[id]) return file_.DamagedPage(id, "is neither used nor free");
    }
    return absl::OkStatus();
  }

 private:
  using Bound = std::optional<std::string>;

  absl::Status MarkUsed(uint64_t id, uint64_t page_count) {
    for (uint64_t each = id; each < id + page_count; ++each) {
      if (used_[each]) return file_.DamagedPage(each, "is used twice");
      if (free_[each]) return file_.DamagedPage(each, "is used, but listed as free");
      used_[each] = true;
    }
    return absl::OkStatus();
  }

  absl::Status ReadFreelist() {
    const uint64_t id = file_.meta().freelist;
    QUORATE_ASSIGN_OR_RETURN(const PageHead head, file_.ReadHead(id));
    if (head.kind != kFreelistPage) return file_.DamagedPage(id, "is no list of free pages");
    uint64_t at = id * file_.meta().page_bytes + kPageHeadBytes;
    const uint64_t end = (id + head.overflow + 1) * file_.meta().page_bytes;
    uint64_t count = head.count;
    if (count == kCountFollows) {
      QUORATE_ASSIGN_OR_RETURN(const std::string first, file_.ReadAt(at, sizeof(count)));
      count = LoadNumber<uint64_t>(first, 0);
      at += sizeof(count);
    }
    if (count > (end - at) / sizeof(uint64_t))
      return file_.DamagedPage(id, "lists more free pages than it has room for");
    QUORATE_RETURN_IF_ERROR(MarkUsed(id, uint64_t{head.overflow} + 1));
    for (const uint64_t last = at + count * sizeof(uint64_t); at < last;) {
      QUORATE_ASSIGN_OR_RETURN(const std::string piece,
                               file_.ReadAt(at, std::min<uint64_t>(kFreelistPieceBytes, last - at)));
      for (size_t i = 0; i < piece.size(); i += sizeof(uint64_t)) {
        QUORATE_RETURN_IF_ERROR(MarkFree(LoadNumber<uint64_t>(piece, i)));
      }
      at += piece.size();
    }
    return absl::OkStatus();
  }

  absl::Status MarkFree(uint64_t id) {
    if (id < kFirstDataPage || id >= free_.size())
      return file_.DamagedPage(id, "is listed as free, but does not exist");
    if (free_[id]) return file_.DamagedPage(id, "is listed as free twice");
    if (used_[id]) return file_.DamagedPage(id, "is used, but listed as free");
    free_[id] = true;
    return absl::OkStatus();
  }

  // Checks the pages below `id`, whose keys must lie in [from, below).
  absl::Status CheckTree(uint64_t id, const Bound& from, const Bound& below, size_t depth, int nesting) {
    if (depth == kTreeDepthMax) return file_.DamagedPage(id, "lies too deep in its tree");
    QUORATE_ASSIGN_OR_RETURN(const Page page, file_.Read(id));
    QUORATE_RETURN_IF_ERROR(MarkUsed(id, page.page_count()));
    std::string key;
    std::string next;
    if (page.count() != 0) QUORATE_RETURN_IF_ERROR(page.ReadKey(page.element(0), &next));
    for (size_t i = 0; i < page.count(); ++i) {
      key.swap(next);
      QUORATE_RETURN_IF_ERROR(CheckKey(page, i, key, from, below));
      const bool last = i + 1 == page.count();
      if (!last) {
        QUORATE_RETURN_IF_ERROR(page.ReadKey(page.element(i + 1), &next));
        if (next <= key) return file_.DamagedPage(id, "has keys out of order");
      }
      QUORATE_RETURN_IF_ERROR(
          page.is_leaf() ? CheckEntry(page, i, nesting)
                         : CheckTree(page.element(i).child, key, last ? below : Bound(next), depth + 1, nesting));
    }
    return absl::OkStatus();
  }

  absl::Status CheckKey(const Page& page, size_t index, const std::string& key, const Bound& from,
                        const Bound& below) const {
    if ((index == 0 && from.has_value() && key < *from) || (below.has_value() && key >= *below)) {
      return file_.DamagedPage(page.id(), "has a key outside of its branch");
    }
    return absl::OkStatus();
  }

  absl::Status CheckEntry(const Page& page, size_t index, int nesting) {
    const Page::Element element = page.element(index);
    if (!element.is_bucket()) return absl::OkStatus();
    if (nesting == kNestingMax) return file_.DamagedPage(page.id(), "has buckets inside one another too deep");
    if (element.value_bytes < kBucketHeadBytes) return file_.DamagedPage(page.id(), "has a bucket without a root");
    std::string value;
    QUORATE_RETURN_IF_ERROR(page.ReadValue(element, &value));
    const auto root = LoadNumber<uint64_t>(value, 0);
    if (root != 0) return CheckTree(root, {}, {}, 0, nesting + 1);
    return CheckInline(value, page.id());
  }

  absl::Status CheckInline(const std::string& value, uint64_t owner) const {
    QUORATE_ASSIGN_OR_RETURN(const Page page, file_.ReadInline(value, owner));
    std::string key;
    std::string before;
    for (size_t i = 0; i < page.count(); ++i) {
      if (page.element(i).is_bucket()) return file_.DamagedPage(owner, "has a bucket inside that holds a bucket");
      QUORATE_RETURN_IF_ERROR(page.ReadKey(page.element(i), &key));
      if (i > 0 && key <= before) return file_.DamagedPage(owner, "has a bucket inside with keys out of order");
      before.swap(key);
    }
    return absl::OkStatus();
  }

  const PageFile& file_;
  std::vector<bool> used_;
  std::vector<bool> free_;
};

}  // namespace

absl::Status CheckPages(const PageFile& file) { return StructureCheck(file).Run(); }

}  // namespace quorate::etcdfile
