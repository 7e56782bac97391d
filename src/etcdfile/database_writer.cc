#include <algorithm>
#include <optional>

#include "quorate/base/check.h"
#include "quorate/base/little_endian.h"
#include "quorate/etcdfile/writer.h"
#include "src/etcdfile/format.h"
#include "src/etcdfile/tree_writer.h"

namespace quorate::etcdfile {
namespace {

// Pages 0 and 1 are the meta pages, 2 is the list of free pages, which is empty.
constexpr uint64_t kFreelistAt = 2;
constexpr uint64_t kContentsAt = 3;
// Of the transaction that made the database; page 0 is that of even ones.
constexpr uint64_t kTransaction = 2;

void PadPage(size_t begin, uint32_t page_bytes, std::string* out) { out->resize(begin + page_bytes, '\0'); }

void AppendMeta(uint64_t id, const MetaPage& meta, std::string* out) {
  const size_t begin = out->size();
  AppendPageHead({id, kMetaPage, 0, 0}, out);
  const size_t sum_begin = out->size();
  base::AppendLittleEndian(out, kMagic);
  base::AppendLittleEndian(out, kVersion);
  base::AppendLittleEndian(out, meta.page_bytes);
  base::AppendLittleEndian<uint32_t>(out, 0);  // flags
  base::AppendLittleEndian(out, meta.root);
  base::AppendLittleEndian<uint64_t>(out, 0);  // the root's sequence
  base::AppendLittleEndian(out, meta.freelist);
  base::AppendLittleEndian(out, meta.page_count);
  base::AppendLittleEndian(out, meta.transaction);
  base::AppendLittleEndian(out, MetaChecksum(std::string_view(*out).substr(sum_begin)));
  PadPage(begin, meta.page_bytes, out);
}

void AppendFreelist(uint32_t page_bytes, std::string* out) {
  const size_t begin = out->size();
  AppendPageHead({kFreelistAt, kFreelistPage, 0, 0}, out);
  PadPage(begin, page_bytes, out);
}

class SmallWalk : public EntryWalk {
 public:
  explicit SmallWalk(const std::vector<std::pair<std::string, std::string>>& entries) : entries_(entries) {}
  bool Next() override { return ++next_ <= entries_.size(); }
  absl::Status status() const override { return absl::OkStatus(); }
  std::string_view key() const override { return entries_[next_ - 1].first; }
  size_t value_bytes() const override { return entries_[next_ - 1].second.size(); }
  void AppendValue(std::string* out) const override { out->append(entries_[next_ - 1].second); }

 private:
  const std::vector<std::pair<std::string, std::string>>& entries_;
  size_t next_ = 0;
};

class SmallContents : public BucketContents {
 public:
  SmallContents(std::string name, std::vector<std::pair<std::string, std::string>> entries)
      : name_(std::move(name)), entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end());
    for (size_t i = 1; i < entries_.size(); ++i) QUORATE_CHECK(entries_[i - 1].first != entries_[i].first);
  }
  std::string_view name() const override { return name_; }
  std::unique_ptr<EntryWalk> Walk() const override { return std::make_unique<SmallWalk>(entries_); }

 private:
  const std::string name_;
  std::vector<std::pair<std::string, std::string>> entries_;
};

// One of the two walks over the contents.
class Pass {
 public:
  Pass(const std::vector<std::unique_ptr<BucketContents>>& buckets, std::string* out)
      : buckets_(buckets), output_{DatabaseWriter::kPageBytes, kContentsAt, out} {}

  void WriteTo(std::string* out) { output_.out = out; }
  // Goes on until `enough()`; true at the end. Written bytes and contents are counted by the two after it.
  template <typename Enough>
  absl::StatusOr<bool> Run(Enough&& enough) {
    while (bucket_ < buckets_.size()) {
      if (walk_ == nullptr) Begin();
      while (walk_->Next()) {
        const EntryWalk& walk = *walk_;
        tree_->Add(walk.key(), 0, walk.value_bytes(), [&walk](std::string* data) { walk.AppendValue(data); });
        contents_bytes_ += walk.key().size() + walk.value_bytes();
        if (enough()) return false;
      }
      QUORATE_RETURN_IF_ERROR(walk_->status());
      End();
    }
    if (!root_.has_value()) root_ = WriteRoot();
    return true;
  }
  uint64_t contents_bytes() const { return contents_bytes_; }
  uint64_t page_count() const { return output_.next_page; }
  uint64_t root() const { return *root_; }

 private:
  void Begin() {
    walk_ = buckets_[bucket_]->Walk();
    tree_.emplace(&output_);
  }
  void End() {
    values_.push_back(tree_->FinishBucket());
    tree_.reset();
    walk_.reset();
    ++bucket_;
  }
  uint64_t WriteRoot() {
    TreeWriter root(&output_);
    for (size_t i = 0; i < buckets_.size(); ++i) {
      root.Add(buckets_[i]->name(), kBucketElement, values_[i].size(),
               [&](std::string* data) { data->append(values_[i]); });
    }
    return root.FinishRoot();
  }

  const std::vector<std::unique_ptr<BucketContents>>& buckets_;
  PageOutput output_;
  size_t bucket_ = 0;
  std::unique_ptr<EntryWalk> walk_;  // of buckets_[bucket_], once begun
  std::optional<TreeWriter> tree_;
  std::vector<std::string> values_;  // of the buckets that are done
  uint64_t contents_bytes_ = 0;
  std::optional<uint64_t> root_;
};

}  // namespace

std::unique_ptr<BucketContents> SmallBucket(std::string name,
                                            std::vector<std::pair<std::string, std::string>> entries) {
  return std::make_unique<SmallContents>(std::move(name), std::move(entries));
}

struct DatabaseWriter::Rep {
  std::vector<std::unique_ptr<BucketContents>> buckets;
  std::unique_ptr<Pass> measured;
  bool all_measured = false;
  std::unique_ptr<Pass> produced;
};

DatabaseWriter::DatabaseWriter(std::vector<std::unique_ptr<BucketContents>> buckets) : rep_(std::make_unique<Rep>()) {
  rep_->buckets = std::move(buckets);
  std::sort(rep_->buckets.begin(), rep_->buckets.end(),
            [](const auto& a, const auto& b) { return a->name() < b->name(); });
  rep_->measured = std::make_unique<Pass>(rep_->buckets, nullptr);
}

DatabaseWriter::~DatabaseWriter() = default;

absl::StatusOr<bool> DatabaseWriter::Measure(uint64_t bytes) {
  Pass& pass = *rep_->measured;
  const uint64_t target = pass.contents_bytes() + bytes;
  QUORATE_ASSIGN_OR_RETURN(rep_->all_measured, pass.Run([&] { return pass.contents_bytes() >= target; }));
  return rep_->all_measured;
}

uint64_t DatabaseWriter::size() const {
  QUORATE_CHECK(rep_->all_measured) << "asked for the size of what is not measured yet";
  return rep_->measured->page_count() * kPageBytes;
}

absl::StatusOr<bool> DatabaseWriter::Produce(size_t bytes, std::string* out) {
  QUORATE_CHECK(rep_->all_measured) << "asked for pages of what is not measured yet";
  const size_t target = out->size() + bytes;
  const Pass& measured = *rep_->measured;
  if (rep_->produced == nullptr) {
    MetaPage meta{kPageBytes, measured.root(), kFreelistAt, measured.page_count(), kTransaction};
    AppendMeta(0, meta, out);
    --meta.transaction;
    AppendMeta(1, meta, out);
    AppendFreelist(kPageBytes, out);
    rep_->produced = std::make_unique<Pass>(rep_->buckets, out);
  }
  Pass& pass = *rep_->produced;
  pass.WriteTo(out);
  QUORATE_ASSIGN_OR_RETURN(const bool done, pass.Run([&] { return out->size() >= target; }));
  const bool too_many = pass.page_count() > measured.page_count();
  if (too_many || (done && (pass.page_count() != measured.page_count() || pass.root() != measured.root()))) {
    return base::MakeStatus(absl::StatusCode::kInternal, "the contents of a snapshot changed while it was written");
  }
  return done;
}

}  // namespace quorate::etcdfile
