#include "src/storage/iterator.h"

#include "src/storage/slice.h"

namespace quorate::storage {
namespace {

// Of scans that go through much: larger reads, ahead of the walk.
constexpr size_t kReadaheadBytes = 1 << 20;

class RocksIterator : public Iterator {
 public:
  RocksIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, IteratorOptions options, Failures* failures)
      : options_(std::move(options)), failures_(failures) {
    rocksdb::ReadOptions read;
    read.snapshot = options_.snapshot == nullptr ? nullptr : options_.snapshot->get();
    read.fill_cache = options_.fill_cache;
    if (!options_.fill_cache) read.readahead_size = kReadaheadBytes;
    read.max_skippable_internal_keys = options_.skipped_max;
    if (!options_.lower_bound.empty()) {
      lower_ = options_.lower_bound;
      read.iterate_lower_bound = &lower_;
    }
    if (!options_.upper_bound.empty()) {
      upper_ = options_.upper_bound;
      read.iterate_upper_bound = &upper_;
    }
    iterator_.reset(db->NewIterator(read, family));
  }

  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(ToSlice(key)); }
  void Next() override { iterator_->Next(); }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return View(iterator_->key()); }
  std::string_view value() const override { return View(iterator_->value()); }
  absl::Status status() const override {
    const rocksdb::Status status = iterator_->status();
    if (options_.skipped_max > 0 && status.IsIncomplete()) {
      return base::MakeStatus(absl::StatusCode::kAborted, "too many deleted entries to pass");
    }
    return failures_->OfRead(status);
  }

 private:
  const IteratorOptions options_;
  Failures* const failures_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class FailedIterator : public Iterator {
 public:
  explicit FailedIterator(absl::Status failure) : failure_(std::move(failure)) {}
  void Seek(std::string_view) override {}
  void SeekForPrev(std::string_view) override {}
  void Next() override {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  absl::Status status() const override { return failure_; }

 private:
  const absl::Status failure_;
};

}  // namespace

std::unique_ptr<Iterator> MakeIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family, IteratorOptions options,
                                       Failures* failures) {
  return std::make_unique<RocksIterator>(db, family, std::move(options), failures);
}

std::unique_ptr<Iterator> MakeFailedIterator(absl::Status failure) {
  return std::make_unique<FailedIterator>(std::move(failure));
}

}  // namespace quorate::storage
