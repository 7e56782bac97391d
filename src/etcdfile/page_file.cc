#include "src/etcdfile/page_file.h"

#include <algorithm>
#include <utility>

namespace quorate::etcdfile {
namespace {

// A page with what follows as part of it is read whole up to this size.
constexpr uint64_t kHeldBytesMax = 256 << 10;
// The largest value that is taken into memory. etcd refuses requests over 1.5 MiB unless told otherwise.
constexpr uint64_t kValueBytesMax = 512 << 20;

}  // namespace

Page::Page(const PageFile* file, const PageHead& head, uint64_t bytes, std::string held)
    : file_(file),
      id_(head.id),
      is_leaf_(head.kind == kLeafPage),
      count_(head.count),
      bytes_(bytes),
      held_(std::move(held)) {}

absl::Status Page::Damaged(std::string_view what) const { return file_->DamagedPage(id_, what); }

Page::Element Page::element(size_t index) const {
  const size_t at = kPageHeadBytes + index * kElementBytes;
  Element element;
  if (is_leaf_) {
    element.flags = LoadNumber<uint32_t>(held_, at);
    element.offset = at + LoadNumber<uint32_t>(held_, at + 4);
    element.key_bytes = LoadNumber<uint32_t>(held_, at + 8);
    element.value_bytes = LoadNumber<uint32_t>(held_, at + 12);
  } else {
    element.offset = at + LoadNumber<uint32_t>(held_, at);
    element.key_bytes = LoadNumber<uint32_t>(held_, at + 4);
    element.child = LoadNumber<uint64_t>(held_, at + 8);
  }
  return element;
}

absl::Status Page::Check() const {
  const uint64_t table_end = kPageHeadBytes + count_ * kElementBytes;
  uint64_t behind = table_end;
  for (size_t i = 0; i < count_; ++i) {
    const Element one = element(i);
    const std::string which = "element " + std::to_string(i);
    if (one.key_bytes == 0 || one.key_bytes > kKeyBytesMax) {
      return Damaged(which + " has a key of " + std::to_string(one.key_bytes) + " bytes");
    }
    if (one.value_bytes > kValueBytesMax) {
      return Damaged(which + " has a value of " + std::to_string(one.value_bytes) + " bytes");
    }
    if (one.offset < behind) return Damaged(which + " overlaps what stands before it");
    behind = one.offset + one.key_bytes + one.value_bytes;
    if (behind > bytes_) return Damaged(which + " reaches beyond the page");
  }
  return absl::OkStatus();
}

absl::Status Page::ReadRun(uint64_t offset, uint64_t length, std::string* out) const {
  if (offset + length <= held_.size()) {
    out->assign(held_, offset, length);
    return absl::OkStatus();
  }
  QUORATE_ASSIGN_OR_RETURN(*out, file_->ReadAt(id_ * file_->meta().page_bytes + offset, length));
  return absl::OkStatus();
}

absl::Status Page::ReadKey(const Element& element, std::string* out) const {
  return ReadRun(element.offset, element.key_bytes, out);
}

absl::Status Page::ReadValue(const Element& element, std::string* out) const {
  return ReadRun(element.offset + element.key_bytes, element.value_bytes, out);
}

absl::StatusOr<std::unique_ptr<PageFile>> PageFile::Open(const std::string& path, base::FileSystem& files) {
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, files.Open(path, base::OpenMode::kReadOnly));
  QUORATE_ASSIGN_OR_RETURN(const uint64_t bytes, file->Size());
  std::unique_ptr<PageFile> pages(new PageFile(std::move(file), bytes));
  QUORATE_RETURN_IF_ERROR(pages->LoadMeta());
  return pages;
}

absl::Status PageFile::Damaged(std::string_view what) const {
  return base::MakeStatus(absl::StatusCode::kDataLoss, path() + ": " + std::string(what));
}

absl::Status PageFile::DamagedPage(uint64_t id, std::string_view what) const {
  return Damaged("page " + std::to_string(id) + ": " + std::string(what));
}

absl::StatusOr<std::string> PageFile::ReadAt(uint64_t offset, size_t length) const {
  QUORATE_ASSIGN_OR_RETURN(std::string bytes, file_->ReadAt(offset, length));
  if (bytes.size() != length) {
    return Damaged("ends at byte " + std::to_string(offset + bytes.size()) + ", within its data");
  }
  return bytes;
}

absl::Status PageFile::TryMeta(uint64_t offset, bool* any_magic, bool* any_good) {
  if (offset + kMetaEnd > file_bytes_) return absl::OkStatus();
  QUORATE_ASSIGN_OR_RETURN(const std::string page, ReadAt(offset, kMetaEnd));
  const std::string_view bytes = std::string_view(page).substr(kPageHeadBytes);
  if (LoadNumber<uint32_t>(bytes, 0) != kMagic) return absl::OkStatus();
  *any_magic = true;
  if (LoadNumber<uint32_t>(bytes, 4) != kVersion) return absl::OkStatus();
  if (LoadNumber<uint64_t>(bytes, kMetaBytes - 8) != MetaChecksum(bytes.substr(0, kMetaBytes - 8))) {
    return absl::OkStatus();
  }
  MetaPage meta;
  meta.page_bytes = LoadNumber<uint32_t>(bytes, 8);
  meta.root = LoadNumber<uint64_t>(bytes, 16);
  meta.freelist = LoadNumber<uint64_t>(bytes, 32);
  meta.page_count = LoadNumber<uint64_t>(bytes, 40);
  meta.transaction = LoadNumber<uint64_t>(bytes, 48);
  if (!IsPageSize(meta.page_bytes)) {
    return Damaged("has pages of " + std::to_string(meta.page_bytes) + " bytes; 4096 to 65536 can be read");
  }
  if (offset != 0 && offset != meta.page_bytes) return absl::OkStatus();
  if (!*any_good || meta.transaction > meta_.transaction) meta_ = meta;
  *any_good = true;
  return absl::OkStatus();
}

absl::Status PageFile::LoadMeta() {
  bool any_magic = false;
  bool any_good = false;
  // Where the second one is depends on the size of pages, which the first one may not tell any more.
  QUORATE_RETURN_IF_ERROR(TryMeta(0, &any_magic, &any_good));
  for (uint64_t offset = kPageBytesMin; offset <= kPageBytesMax; offset *= 2) {
    if (any_good && offset != meta_.page_bytes) continue;
    QUORATE_RETURN_IF_ERROR(TryMeta(offset, &any_magic, &any_good));
  }
  if (any_good) return CheckMeta();
  if (any_magic) return Damaged("is a bbolt database whose meta pages are both damaged");
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          path() + ": is not a bbolt database" + (file_bytes_ == 0 ? " (it is empty)" : ""));
}

absl::Status PageFile::CheckMeta() const {
  const uint64_t available = file_bytes_ - (HasTrailer(file_bytes_) ? kTrailerBytes : 0);
  if (meta_.page_count <= kFirstDataPage) return Damaged("has no data pages");
  if (meta_.page_count > available / meta_.page_bytes) {
    return Damaged("is truncated: it has " + std::to_string(available) + " bytes of " +
                   std::to_string(meta_.page_count) + " pages of " + std::to_string(meta_.page_bytes));
  }
  // All pages may be there: without the whole of its trailer it would pass for a database that never had one.
  if (IsCutShort(file_bytes_)) {
    return Damaged("is cut short: it has " + std::to_string(file_bytes_) +
                   " bytes, which is no whole number of sectors, with a SHA-256 behind them or without");
  }
  if (meta_.root < kFirstDataPage || meta_.root >= meta_.page_count) {
    return Damaged("the root page " + std::to_string(meta_.root) + " is none of its pages");
  }
  return absl::OkStatus();
}

absl::StatusOr<PageHead> PageFile::ReadHead(uint64_t id) const {
  if (id < kFirstDataPage || id >= meta_.page_count) return DamagedPage(id, "is referred to, but does not exist");
  QUORATE_ASSIGN_OR_RETURN(const std::string bytes, ReadAt(id * meta_.page_bytes, kPageHeadBytes));
  const PageHead head = LoadPageHead(bytes);
  if (head.id != id) return DamagedPage(id, "says that it is page " + std::to_string(head.id));
  if (head.overflow >= meta_.page_count - id) return DamagedPage(id, "reaches beyond the last page");
  return head;
}

absl::StatusOr<Page> PageFile::Read(uint64_t id) const {
  if (id < kFirstDataPage || id >= meta_.page_count) return DamagedPage(id, "is referred to, but does not exist");
  const uint64_t offset = id * meta_.page_bytes;
  QUORATE_ASSIGN_OR_RETURN(std::string held, ReadAt(offset, meta_.page_bytes));
  const PageHead head = LoadPageHead(held);
  if (head.id != id) return DamagedPage(id, "says that it is page " + std::to_string(head.id));
  if (head.kind != kLeafPage && head.kind != kBranchPage) {
    return DamagedPage(id, "is of kind " + std::to_string(head.kind) + ", neither leaf nor branch");
  }
  if (head.overflow >= meta_.page_count - id) return DamagedPage(id, "reaches beyond the last page");
  const uint64_t page_count = uint64_t{head.overflow} + 1;
  const uint64_t bytes = page_count * meta_.page_bytes;
  const uint64_t table_bytes = kPageHeadBytes + head.count * kElementBytes;
  if (table_bytes > bytes) return DamagedPage(id, "has more elements than it has room for");
  const uint64_t wanted = bytes <= kHeldBytesMax ? bytes : table_bytes;
  if (wanted > held.size()) {
    QUORATE_ASSIGN_OR_RETURN(held, ReadAt(offset, wanted));
  }
  Page page(this, head, bytes, std::move(held));
  page.page_count_ = page_count;
  QUORATE_RETURN_IF_ERROR(page.Check());
  return page;
}

absl::StatusOr<Page> PageFile::ReadInline(std::string_view bucket_value, uint64_t owner) const {
  if (bucket_value.size() < kBucketHeadBytes + kPageHeadBytes) {
    return DamagedPage(owner, "has a bucket inside that is too short");
  }
  std::string held(bucket_value.substr(kBucketHeadBytes));
  PageHead head = LoadPageHead(held);
  if (head.kind != kLeafPage) return DamagedPage(owner, "has a bucket inside that is not a leaf");
  if (kPageHeadBytes + head.count * kElementBytes > held.size()) {
    return DamagedPage(owner, "has a bucket inside with more elements than it has room for");
  }
  head.id = owner;
  const uint64_t bytes = held.size();
  Page page(this, head, bytes, std::move(held));
  QUORATE_RETURN_IF_ERROR(page.Check());
  return page;
}

}  // namespace quorate::etcdfile
