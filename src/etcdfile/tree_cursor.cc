#include "src/etcdfile/tree_cursor.h"

#include <utility>

namespace quorate::etcdfile {

TreeCursor::TreeCursor(const PageFile* file, uint64_t root, int nesting)
    : file_(file), root_(root), nesting_(nesting) {}

TreeCursor::TreeCursor(const PageFile* file, Page page, int nesting) : file_(file), nesting_(nesting) {
  path_.push_back({std::move(page)});
}

bool TreeCursor::Next() {
  if (done_) return false;
  if (root_.has_value()) status_ = Push(*std::exchange(root_, std::nullopt));
  if (status_.ok()) status_ = Advance();
  if (!status_.ok()) done_ = true;
  return !done_;
}

absl::Status TreeCursor::Push(uint64_t id) {
  if (path_.size() == kTreeDepthMax) return file_->DamagedPage(id, "lies too deep in its tree");
  QUORATE_ASSIGN_OR_RETURN(Page page, file_->Read(id));
  pages_walked_ += page.page_count();
  if (pages_walked_ > file_->meta().page_count) {
    return file_->DamagedPage(id, "is met twice: pages refer to one another in a circle");
  }
  path_.push_back({std::move(page)});
  return absl::OkStatus();
}

absl::Status TreeCursor::Advance() {
  while (!path_.empty()) {
    Level& level = path_.back();
    if (level.next == level.page.count()) {
      path_.pop_back();
      continue;
    }
    const size_t index = level.next++;
    if (level.page.is_leaf()) return TakeEntry(level.page, index);
    QUORATE_RETURN_IF_ERROR(Push(level.page.element(index).child));
  }
  done_ = true;
  return absl::OkStatus();
}

absl::Status TreeCursor::TakeEntry(const Page& page, size_t index) {
  const Page::Element element = page.element(index);
  page_ = page.id();
  QUORATE_RETURN_IF_ERROR(page.ReadKey(element, &next_key_));
  if (begun_ && next_key_ <= key_) return file_->DamagedPage(page_, "has a key that does not follow the one before it");
  begun_ = true;
  key_.swap(next_key_);
  is_bucket_ = element.is_bucket();
  return page.ReadValue(element, &value_);
}

absl::StatusOr<std::unique_ptr<BucketCursor>> TreeCursor::Descend() const {
  if (!is_bucket_) return file_->DamagedPage(page_, "has an entry where a bucket should be");
  if (nesting_ == kNestingMax) return file_->DamagedPage(page_, "has buckets inside one another too deep");
  if (value_.size() < kBucketHeadBytes) return file_->DamagedPage(page_, "has a bucket without a root");
  const auto root = LoadNumber<uint64_t>(value_, 0);
  if (root != 0) return std::make_unique<TreeCursor>(file_, root, nesting_ + 1);
  QUORATE_ASSIGN_OR_RETURN(Page page, file_->ReadInline(value_, page_));
  return std::make_unique<TreeCursor>(file_, std::move(page), nesting_ + 1);
}

}  // namespace quorate::etcdfile
