#include "quorate/base/check.h"
#include "src/storage/families.h"
#include "src/storage/slice.h"
#include "src/storage/write_batch_rep.h"

namespace quorate::storage {

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
  rocksdb::Status status = rep_->batch.Put(ReferenceTo(family), ToSlice(key), ToSlice(value));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

void WriteBatch::Delete(Family family, std::string_view key) {
  rocksdb::Status status = rep_->batch.Delete(ReferenceTo(family), ToSlice(key));
  QUORATE_CHECK(status.ok()) << status.ToString();
}

size_t WriteBatch::bytes() const { return rep_->batch.GetDataSize(); }
void WriteBatch::Clear() { rep_->batch.Clear(); }

}  // namespace quorate::storage
