#pragma once

// A BucketCursor over the tree of pages of one bucket.
//
// Termination does not depend on the file: a walk that has met as many pages as the file has can meet no other without
// meeting one twice, and ends with an error. Keys must rise from entry to entry.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quorate/etcdfile/reader.h"
#include "src/etcdfile/page_file.h"

namespace quorate::etcdfile {

// Bbolt's trees are that deep only when someone made them so: 2^32 pages of two children each.
inline constexpr size_t kTreeDepthMax = 32;
// Buckets inside buckets. etcd has one level.
inline constexpr int kNestingMax = 16;

class TreeCursor : public BucketCursor {
 public:
  // Over the tree below a page.
  TreeCursor(const PageFile* file, uint64_t root, int nesting);
  // Over the one page of an inline bucket.
  TreeCursor(const PageFile* file, Page page, int nesting);
  // A cursor at its end.
  explicit TreeCursor(const PageFile* file) : file_(file), done_(true) {}

  bool Next() override;
  absl::Status status() const override { return status_; }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return is_bucket_ ? std::string_view() : std::string_view(value_); }
  bool is_bucket() const override { return is_bucket_; }
  absl::StatusOr<std::unique_ptr<BucketCursor>> Descend() const override;
  uint64_t walked_bytes() const override { return pages_walked_ * file_->meta().page_bytes; }

 private:
  struct Level {
    Page page;
    size_t next = 0;
  };

  absl::Status Push(uint64_t id);
  // Moves to the next entry, or finds that there is none.
  absl::Status Advance();
  absl::Status TakeEntry(const Page& page, size_t index);

  const PageFile* file_;
  std::optional<uint64_t> root_;  // until the walk has begun
  int nesting_ = 0;
  std::vector<Level> path_;
  bool done_ = false;
  bool begun_ = false;
  uint64_t pages_walked_ = 0;
  uint64_t page_ = 0;  // of the current entry
  std::string key_, value_, next_key_;
  bool is_bucket_ = false;
  absl::Status status_;
};

}  // namespace quorate::etcdfile
