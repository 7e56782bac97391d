#pragma once

// The pages of a bbolt database in a file, each checked as it is read. One thread at a time, pages included: they read
// from the file, which must outlive them.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "quorate/base/file_system.h"
#include "quorate/base/status.h"
#include "src/etcdfile/format.h"

namespace quorate::etcdfile {

class PageFile;

// A leaf or a branch page. Small ones are held whole; of a large one (a page with a large value) the table is held, and
// keys and values are read when asked for.
class Page {
 public:
  struct Element {
    uint32_t flags = 0;   // leaf
    uint64_t child = 0;   // branch
    uint64_t offset = 0;  // of the key, from the page's start
    uint32_t key_bytes = 0;
    uint32_t value_bytes = 0;  // leaf
    bool is_bucket() const { return (flags & kBucketElement) != 0; }
  };

  uint64_t id() const { return id_; }
  bool is_leaf() const { return is_leaf_; }
  size_t count() const { return count_; }
  uint64_t page_count() const { return page_count_; }  // with those that follow as part of it; 0: it is inline
  Element element(size_t index) const;
  // Copies to `out`.
  absl::Status ReadKey(const Element& element, std::string* out) const;
  absl::Status ReadValue(const Element& element, std::string* out) const;

 private:
  friend class PageFile;
  Page(const PageFile* file, const PageHead& head, uint64_t bytes, std::string held);
  // Every element's data lies inside the page, behind the table and behind the element's before it.
  absl::Status Check() const;
  absl::Status Damaged(std::string_view what) const;
  absl::Status ReadRun(uint64_t offset, uint64_t length, std::string* out) const;

  const PageFile* file_;
  uint64_t id_;
  bool is_leaf_;
  size_t count_;
  uint64_t page_count_ = 0;
  uint64_t bytes_;
  std::string held_;  // the beginning of the page, or all of it
};

class PageFile {
 public:
  // Finds and checks the meta pages. Errors as of SnapshotFile::Open.
  static absl::StatusOr<std::unique_ptr<PageFile>> Open(const std::string& path, base::FileSystem& files);

  const MetaPage& meta() const { return meta_; }
  const std::string& path() const { return file_->path(); }
  uint64_t file_bytes() const { return file_bytes_; }
  // Reads a leaf or branch page; DataLoss when there is none with this id.
  absl::StatusOr<Page> Read(uint64_t id) const;
  // Reads the page that stands inside a bucket's value, behind its head; `owner` names the page for errors.
  absl::StatusOr<Page> ReadInline(std::string_view bucket_value, uint64_t owner) const;
  // The head of a page of any kind; its run of pages lies inside the database.
  absl::StatusOr<PageHead> ReadHead(uint64_t id) const;
  // Exactly these bytes of the file.
  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t length) const;
  // DataLoss, with the file's name before what is wrong.
  absl::Status Damaged(std::string_view what) const;
  absl::Status DamagedPage(uint64_t id, std::string_view what) const;

 private:
  explicit PageFile(std::unique_ptr<base::File> file, uint64_t file_bytes)
      : file_(std::move(file)), file_bytes_(file_bytes) {}
  absl::Status LoadMeta();
  // OK with nothing found when the bytes are no good meta page.
  absl::Status TryMeta(uint64_t offset, bool* any_magic, bool* any_good);
  absl::Status CheckMeta() const;

  std::unique_ptr<base::File> file_;
  uint64_t file_bytes_;
  MetaPage meta_;
};

}  // namespace quorate::etcdfile
