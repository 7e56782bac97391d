#include "quorate/base/check.h"
#include "src/storage/families.h"
#include "src/storage/slice.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {
namespace {

// An emptied batch keeps the memory of one no larger than this, for the next.
constexpr size_t kKeptBytesMax = 16 << 20;

}  // namespace

rocksdb::ColumnFamilyHandle* ReferenceTo(Family family) {
  static FamilyReference references[kFamilies] = {FamilyReference(Family::kMeta), FamilyReference(Family::kKeys),
                                                  FamilyReference(Family::kRevs)};
  return &references[FamilyId(family)];
}

WriteBatch::WriteBatch() : rep_(std::make_unique<Rep>()) {}
WriteBatch::~WriteBatch() = default;
WriteBatch::WriteBatch(WriteBatch&&) noexcept = default;
WriteBatch& WriteBatch::operator=(WriteBatch&&) noexcept = default;

void WriteBatch::Put(Family family, std::string_view key, std::string_view value) {
  rep_->Note(family, key);
  rocksdb::Status status = rep_->batch.Put(ReferenceTo(family), ToSlice(key), ToSlice(value));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

void WriteBatch::Delete(Family family, std::string_view key) {
  rep_->Note(family, key);
  rocksdb::Status status = rep_->batch.Delete(ReferenceTo(family), ToSlice(key));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

size_t WriteBatch::bytes() const { return rep_->batch.GetDataSize(); }
void WriteBatch::Clear() {
  if (bytes() > kKeptBytesMax) {
    rep_ = std::make_unique<Rep>();
    return;
  }
  rep_->batch.Clear();
  rep_->lowest.fill(kNoKey);
}

}  // namespace quorate::storage
